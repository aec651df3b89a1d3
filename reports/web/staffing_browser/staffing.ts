// What a slider stands at, in the reader's digits, while it is moved; htmx asks for the figures.
function written(slider: HTMLInputElement): string {
  const value = slider.valueAsNumber;
  const language = document.documentElement.lang;
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
  if (value === 0 && slider.dataset["atZero"]) return slider.dataset["atZero"];
  if (slider.dataset["unit"] === "ratio") return new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 }).format(value);
  if (slider.dataset["unit"] !== "seconds") return number.format(value);
  const two = new Intl.NumberFormat(language, { minimumIntegerDigits: 2, useGrouping: false });
  const minutes = Math.floor(value / 60);
  if (minutes < 60) return `${number.format(minutes)}:${two.format(value % 60)}`;
  return `${number.format(Math.floor(minutes / 60))}:${two.format(minutes % 60)}:${two.format(value % 60)}`;
}

document.addEventListener("input", (event) => {
  const slider = event.target;
  if (!(slider instanceof HTMLInputElement) || slider.dataset["shows"] === undefined) return;
  const place = document.getElementById(slider.dataset["shows"]);
  const text = written(slider);
  if (place) place.textContent = text;
  slider.setAttribute("aria-valuetext", text);
});
