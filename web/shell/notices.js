// What must be seen: notices that come and go at the stage's foot, the banner of a stopped run, and the last word.
import { say } from "./announce.js";
import { count, onLanguage, t } from "./texts.js";

const stay = { info: 6000, error: 15000 };  // ms; an error takes longer to read.

export class Notices {
  constructor(container) {
    this.container = container;
  }

  show(text, kind = "info", action) {
    const same = [...this.container.children].find((each) => each.dataset.notice === text);
    same?.remove();
    const notice = document.createElement("div");
    notice.className = `notice ${kind}`;
    notice.dataset.notice = text;
    const words = document.createElement("p");
    words.append(...withCode(text));
    if (kind === "error") notice.innerHTML = `<svg class="icon" role="img"><use href="#icon-error"/></svg>`;
    if (kind === "error") notice.firstChild.ariaLabel = t("shell.error");
    notice.append(words);
    const button = (label, does, className) => {
      const made = document.createElement("button");
      Object.assign(made, { type: "button", className });
      made.addEventListener("click", () => {
        notice.remove();
        does?.();
      });
      notice.append(made);
      return made;
    };
    if (action) button(action.label, action.does, "button").textContent = action.label;
    const close = button("", undefined, "quiet close");
    close.ariaLabel = close.title = t("shell.close");
    close.innerHTML = `<svg class="icon small" aria-hidden="true"><use href="#icon-close"/></svg>`;
    this.container.append(notice);
    while (this.container.children.length > 3) this.container.firstChild.remove();
    say(kind === "error" ? `${t("shell.error")}: ${words.textContent}` : words.textContent);
    setTimeout(() => notice.remove(), (action ? 2 : 1) * stay[kind]);
  }
}

// A text in which `names` are set as code.
export function withCode(text) {
  return text.split("`").map((part, i) => {
    if (i % 2 === 0) return part;
    const code = document.createElement("code");
    code.textContent = part;
    return code;
  });
}

// Closed, it stays so until it has something else to say.
export function wireBanner(app, banner) {
  const words = banner.querySelector("p");
  const [reset, heal, fit, close] = banner.querySelectorAll("button");
  let before = "";
  const show = () => {
    const { diverged, training_error, misfit, features, outputs } = app.state ?? {};
    const isMisfit = Boolean(!diverged && training_error && misfit);
    const text = diverged
      ? diagnosis(diverged)
      : isMisfit
        ? t("app.data.misfit", { features, outputs })
        : training_error
          ? t("shell.training-error", { error: training_error })
          : "";
    if (text === before) return;
    before = text;
    words.replaceChildren(...withCode(text));
    reset.hidden = heal.hidden = !diverged;
    fit.hidden = !isMisfit;
    if (diverged) heal.textContent = t("shell.diverged.heal", { step: count(diverged.back_to), divisor: diverged.divisor });
    banner.hidden = !text;
  };
  heal.addEventListener("click", () => app.command({ do: "heal" }));
  fit.addEventListener("click", () => app.command({ do: "fit-net" }));
  close.addEventListener("click", () => (banner.hidden = true));
  app.on("state", show);
  onLanguage(show);
}

const short = (number) =>
  Math.abs(number) >= 1e5 || (number !== 0 && Math.abs(number) < 1e-3) ? number.toExponential(1) : String(Number(number.toPrecision(2)));

// Where a run broke, and what grew before it did.
function diagnosis({ step, node, lowest_loss, lowest_step, last_loss, layer, gradient, from, to }) {
  const said = [t("shell.diverged", { step: count(step), node })];
  if (last_loss > 2 * lowest_loss)
    said.push(t("shell.diverged.loss", { from: short(lowest_loss), step: count(lowest_step), to: short(last_loss) }));
  if (layer) said.push(t(gradient ? "shell.diverged.gradient" : "shell.diverged.weights", { layer, from: short(from), to: short(to) }));
  return said.join(" ");
}

// The app cannot go on, or could not start: says so in both languages, for the texts may be what is missing.
export function showFailure(failure, { reason, text }) {
  const words = {
    support: [
      "This browser cannot show Sandflow: it needs WebGL 2 on an OffscreenCanvas. A current Chrome, Edge, Firefox or Safari has both.",
      "이 브라우저에서는 Sandflow를 실행할 수 없습니다. OffscreenCanvas와 WebGL 2가 필요하며, 최신 Chrome, Edge, Firefox, Safari는 모두 지원합니다.",
    ],
    stopped: [
      "Sandflow has stopped because of a mistake of its own. Reload the page to start again.",
      "Sandflow 내부 오류로 실행이 멈췄습니다. 페이지를 새로 고쳐 다시 시작해 주세요.",
    ],
    start: [
      "Sandflow could not be loaded. Check the connection, then reload the page.",
      "Sandflow를 불러오지 못했습니다. 연결 상태를 확인한 뒤 페이지를 새로 고쳐 주세요.",
    ],
  }[reason === "webgl" ? "support" : (reason ?? "start")];
  const box = document.createElement("div");
  const paragraph = (content, lang) => Object.assign(document.createElement("p"), { textContent: content, lang });
  box.append(paragraph(words[0], "en"), paragraph(words[1], "ko"));
  if (text) box.append(Object.assign(document.createElement("pre"), { textContent: text }));
  // A reload changes nothing about what the browser lacks.
  if (reason !== "support") box.append(reloadButton());
  failure.replaceChildren(box);
  failure.hidden = false;
  document.body.classList.remove("starting");
  document.body.classList.add("failed");
}

function reloadButton() {
  const again = Object.assign(document.createElement("button"), { type: "button", className: "button" });
  again.textContent = "Reload · 새로 고침";
  again.addEventListener("click", () => location.reload());
  return again;
}
