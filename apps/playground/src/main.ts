/** Starts the page: three columns, one setting, one worker. */
import { assemblePart } from "./assemble/assemble.ts";
import { comparePart } from "./compare/compare.ts";
import { el } from "./page/dom.ts";
import { isolate } from "./page/isolate.ts";
import { startPage } from "./page/page.ts";
import { runPart } from "./run/run.ts";
import { strings } from "./page/strings.ts";

const alertPart = (): { readonly element: HTMLElement; readonly say: (message: string) => void } => {
  const words = el("p", {});
  const element = el("div", { className: "alert", role: "alert", hidden: true }, words);
  element.append(
    el("button", { type: "button", className: "small", onclick: () => (element.hidden = true) }, strings.close),
  );
  return {
    element,
    say: (message) => {
      words.textContent = message;
      element.hidden = false;
    },
  };
};

const column = (name: keyof typeof strings.columns): HTMLElement =>
  el(
    "section",
    { id: name, className: "column", "aria-labelledby": `${name}-title` },
    el("h2", { id: `${name}-title` }, strings.columns[name]),
  );

const start = async (): Promise<void> => {
  const alert = alertPart();
  const columns = { assemble: column("assemble"), run: column("run"), compare: column("compare") };
  document.body.replaceChildren(
    el(
      "a",
      {
        className: "skip",
        href: "#run",
        onclick: (event: Event) => {
          event.preventDefault();
          columns.run.querySelector("textarea")?.focus();
        },
      },
      strings.skip,
    ),
    el(
      "header",
      {},
      el("h1", {}, strings.title),
      el("p", {}, strings.lead),
      el("a", { href: "https://github.com/ropewalk/ropewalk" }, strings.source),
    ),
    el("main", {}, columns.assemble, columns.run, columns.compare),
    alert.element,
  );
  try {
    await isolate();
    const page = await startPage(alert.say);
    addEventListener("unhandledrejection", ({ reason }) => page.fail(reason));
    columns.run.append(...runPart(page));
    columns.compare.append(...comparePart(page));
    columns.assemble.append(...assemblePart(page));
    page.change({});
  } catch (error) {
    alert.say(String(error));
  }
};

await start();
