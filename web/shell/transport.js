// The transport: what the buttons may do now, and the honest counters.
import { percent } from "./announce.js";
import { count, onLanguage, t } from "./texts.js";
import { shortcutOf } from "./keys.js";

const at = (id) => document.getElementById(id);

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function showCounters(state) {
  write(at("count-step"), count(state.step));
  write(at("count-epoch"), count(state.epoch));
  write(at("count-examples"), count(state.examples));
  const numbers = [];
  if (Number.isFinite(state.test_accuracy)) numbers.push(percent(state.test_accuracy));
  if (Number.isFinite(state.test_loss)) numbers.push(state.test_loss.toPrecision(3));
  write(at("test"), numbers.join(" · ") || "–");
  // Many examples are measured now and then; a number of another step than the counter's says so.
  const isOld = numbers.length > 0 && state.measured_step !== state.step;
  const measures = numbers.length && !Number.isFinite(state.test_accuracy) ? "shell.test-loss" : "shell.test";
  write(at("test-label"), isOld ? t("shell.test-at", { step: count(state.measured_step) }) : t(measures));
}

// Why training is not possible now; nothing if it is.
function reasonOf(state) {
  if (state.can_train || state.diverged) return "";  // The banner tells of a run that broke.
  return state.training_error ? t("shell.reason.error") : t("shell.reason.no-loss");
}

function showDrive(transport, state) {
  const { playing, can_train } = state;
  const reason = reasonOf(state);
  transport.classList.toggle("idle", !can_train);
  at("reason").hidden = !reason;
  write(at("reason"), reason);
  for (const does of ["step", "epoch", "toggle"]) {
    const button = transport.querySelector(`[data-does=${does}]`);
    button.disabled = !can_train;
    if (reason) button.setAttribute("aria-describedby", "reason");
    else button.removeAttribute("aria-describedby");
  }
  const play = at("play");
  const label = t(playing ? "shell.pause" : "shell.play");
  play.ariaLabel = label;
  play.title = reason || `${label} (${t("shell.space")})`;
  play.querySelector("use").setAttribute("href", playing ? "#icon-pause" : "#icon-play");
}

export function wireTransport(app, transport) {
  const show = () => {
    if (!app.state) return;
    showCounters(app.state);
    showDrive(transport, app.state);
  };
  app.on("state", show);
  onLanguage(show);
}

// Buttons say what they do, as a verb of the page: data-does="undo".
export function wireButtons(verbs) {
  const buttons = [...document.querySelectorAll("[data-does]")];
  for (const button of buttons) button.addEventListener("click", () => verbs[button.dataset.does]());
  onLanguage(() => {
    for (const button of buttons) {
      const shortcut = shortcutOf(button.dataset.does);
      const label = button.dataset.label && t(button.dataset.label);
      if (label) button.title = shortcut ? `${label} (${shortcut})` : label;
    }
    for (const button of document.querySelectorAll("button[data-label]:not([data-does])"))
      button.title = t(button.dataset.label);
  });
}
