// Says in one polite line, for those who listen instead of look, what has happened.
import { count, t } from "./texts.js";

const pause = 8000;  // Between results of a run, in ms: a fast run ends an epoch in every frame.
const line = document.getElementById("live");
let before = { playing: false, step: 0, epoch: 0, diverged: false };
let lastResult = 0;

export function say(text) {
  // A screen reader is silent about a text that stays the same.
  line.textContent = line.textContent === text ? `${text}\u00a0` : text;
}

export const percent = (share) => `${(100 * share).toFixed(1)} %`;

export function sayWhatChanged(state) {
  const { playing, step, epoch } = state;
  const diverged = Boolean(state.diverged);
  const said = [];
  if (diverged && !before.diverged) said.push(t("shell.say.diverged", state.diverged));
  else if (playing !== before.playing) said.push(t(playing ? "shell.say.started" : "shell.say.paused", { step: count(step) }));
  if (step === 0 && before.step > 0) said.push(t("shell.say.reset"));
  const now = performance.now();
  if (epoch > before.epoch && (!playing || now - lastResult > pause)) {
    lastResult = now;
    const loss = state.test_loss?.toPrecision(3) ?? "–";
    said.push(
      Number.isFinite(state.test_accuracy)
        ? t("shell.say.epoch", { epoch: count(epoch), accuracy: percent(state.test_accuracy), loss })
        : t("shell.say.epoch-loss", { epoch: count(epoch), loss }),
    );
  }
  before = { playing, step, epoch, diverged };
  if (said.length) say(said.join(" "));
}
