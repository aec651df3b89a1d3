// The picture of a sound shows how far it was heard, and takes the listener where he points.
export function watchSounds(): void {
  document.addEventListener("timeupdate", (event) => {
    if (event.target instanceof HTMLAudioElement) show(event.target);
  }, true);
  document.addEventListener("click", (event) => {
    const wave = event.target instanceof Element ? event.target.closest<SVGElement>(".wave") : null;
    const sound = wave?.parentElement?.querySelector("audio");
    if (!wave || !sound) return;
    const box = wave.getBoundingClientRect();
    const part = (event.clientX - box.left) / box.width;
    if (Number.isFinite(sound.duration)) sound.currentTime = part * sound.duration;
    else sound.addEventListener("loadedmetadata", () => { sound.currentTime = part * sound.duration; }, { once: true });
    void sound.play();
  });
}

function show(sound: HTMLAudioElement): void {
  const wave = sound.parentElement?.querySelector<SVGElement>(".wave");
  const part = sound.duration ? sound.currentTime / sound.duration : 0;
  wave?.style.setProperty("--played", `${(part * 100).toFixed(1)}%`);
}
