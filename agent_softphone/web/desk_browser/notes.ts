// Notes are kept on this computer at every key, and at the server a moment after typing pauses. What could not be sent
// (no network, a reload in between) is sent as soon as it can be.
const PAUSE_MS = 600;
const AGAIN_MS = 3000;

interface Draft { call: string; notes: string; subject: string; typed: number }

export function watchNotes(desk: HTMLElement): void {
  const prefix = `pasokh-desk:${desk.dataset["desk"] ?? ""}:`;
  const headers = JSON.parse(document.body.getAttribute("hx-headers") ?? "{}") as Record<string, string>;
  let timer: number | undefined;
  let said = { call: "", text: "" };

  function form(): HTMLFormElement | null {
    return document.querySelector<HTMLFormElement>("form[data-notes]");
  }

  function say(name: "saved" | "saving" | "waiting" | ""): void {
    said = { call: form()?.dataset["notes"] ?? "", text: name ? (desk.dataset[name] ?? "") : "" };
    show();
  }

  // A piece that came anew about the same call says no less than the one before.
  function show(): void {
    const to = form();
    const place = to?.querySelector("[data-kept]");
    if (place && to?.dataset["notes"] === said.call && place.textContent !== said.text) place.textContent = said.text;
  }

  function keep(): void {
    const from = form();
    const call = from?.dataset["notes"];
    if (!from || !call) return;
    const data = new FormData(from);
    const draft: Draft = { call, notes: text(data, "notes"), subject: text(data, "subject"), typed: Date.now() };
    stamp(from, draft.typed);
    localStorage.setItem(prefix + call, JSON.stringify(draft));
    say("saving");
    plan(PAUSE_MS);
  }

  function plan(ms: number): void {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void sendAll(), ms);
  }

  async function sendAll(): Promise<void> {
    for (const key of Object.keys(localStorage).filter((one) => one.startsWith(prefix))) {
      const draft = read(key);
      if (draft && !await send(key, draft)) { plan(AGAIN_MS); return; }
    }
  }

  async function send(key: string, draft: Draft): Promise<boolean> {
    const body = new URLSearchParams({ notes: draft.notes, subject: draft.subject, typed: String(draft.typed) });
    let answer: Response;
    try {
      answer = await fetch(`/desk/calls/${encodeURIComponent(draft.call)}/notes`, { method: "POST", body, headers, redirect: "manual" });
    } catch {
      say("waiting");
      return false;
    }
    // A call that is not his, or a text that is none, stays so however often it is sent.
    const settled = answer.ok || answer.status === 404 || answer.status === 400 || answer.status === 422;
    if (!settled) say("waiting");
    if (settled && read(key)?.typed === draft.typed) {
      localStorage.removeItem(key);
      say(answer.ok ? "saved" : "");
    }
    return settled;
  }

  // A piece that came anew may be older than what was typed meanwhile.
  function restore(): void {
    const to = form();
    const draft = to ? read(prefix + (to.dataset["notes"] ?? "")) : null;
    if (!to || !draft || draft.typed <= Number(to.dataset["typed"])) return;
    fill(to, "notes", draft.notes);
    fill(to, "subject", draft.subject);
    stamp(to, draft.typed);
    plan(0);
  }

  document.addEventListener("input", (event) => {
    if (event.target instanceof Element && event.target.closest("form[data-notes]")) keep();
  });
  document.addEventListener("htmx:afterSwap", () => {
    show();
    restore();
  });
  document.body.addEventListener("desk-call", () => forget());
  window.addEventListener("online", () => plan(0));
  restore();
  plan(0);

  // The result is said: what was typed until then is kept with it.
  function forget(): void {
    const from = form();
    if (from) localStorage.removeItem(prefix + (from.dataset["notes"] ?? ""));
  }
}

function read(key: string): Draft | null {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null") as Draft | null;
  } catch {
    return null;
  }
}

function text(data: FormData, name: string): string {
  const value = data.get(name);
  return typeof value === "string" ? value : "";
}

function fill(form: HTMLFormElement, name: string, value: string): void {
  const field = form.elements.namedItem(name);
  if (field instanceof HTMLTextAreaElement || field instanceof HTMLSelectElement) field.value = value;
}

function stamp(form: HTMLFormElement, typed: number): void {
  const field = form.elements.namedItem("typed");
  if (field instanceof HTMLInputElement) field.value = String(typed);
}
