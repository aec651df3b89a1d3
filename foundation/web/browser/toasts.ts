// Short words that come and go; refusals stay until they are closed.
const SHOWN_MS = 6000;

export function toast(text: string, kind: "said" | "refused" = "said"): void {
  const place = document.getElementById("toasts");
  if (!place || !text) return;
  const shown = document.createElement("div");
  shown.className = `toast ${kind}`;
  const words = document.createElement("span");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "×";
  close.addEventListener("click", () => shown.remove());
  shown.append(words, close);
  place.append(shown);
  if (kind === "said") setTimeout(() => shown.remove(), SHOWN_MS);
}

// The server says `HX-Trigger: {"toast": {"text": ..., "kind": ...}}`.
export function watchToasts(): void {
  document.addEventListener("toast", (event) => {
    const detail = (event as CustomEvent<{ text?: string; kind?: string }>).detail;
    toast(detail.text ?? "", detail.kind === "refused" ? "refused" : "said");
  });
}
