// Works without a network: keeps the site on this device, says when a newer one has come, and can be installed.
import { embedded, isAlone } from "./parts.js";
import { t } from "./texts.js";

// `ask`: asks the visitor whether to install; there once the browser allows it.
export const installing = { ask: undefined };

window.addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  installing.ask = () => event.prompt();
});
window.addEventListener("appinstalled", () => (installing.ask = undefined));

// Only then is the next load sure to be of the newer one.
function takeOver(newer) {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  newer.postMessage("take over");
}

// An embed leaves somebody else's readers' disks alone.
export async function keepSite(notices) {
  if (embedded || isAlone || !navigator.serviceWorker) return;
  try {
    const kept = await navigator.serviceWorker.register("sw.js", { updateViaCache: "none" });
    kept.addEventListener("updatefound", () => {
      const newer = kept.installing;
      newer.addEventListener("statechange", () => {
        if (newer.state !== "installed" || !navigator.serviceWorker.controller) return;
        notices.show(t("shell.new-version"), "info", { label: t("shell.reload"), does: () => takeOver(newer) });
      });
    });
  } catch {
    // A browser that forbids it, or a server without the file: then there is no site without a network.
  }
}
