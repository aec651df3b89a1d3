// The extension for server-sent events looks for htmx on the window.
import htmx from "htmx.org";

declare global {
  interface Window { htmx: typeof htmx }
}
window.htmx = htmx;
export default htmx;
