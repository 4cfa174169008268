/** The common parts of runs: a button that starts and stops them, their sampling, and streamed text. */
import type { Sampling } from "@ropewalk/generation";
import { el, onFrame } from "../page/dom.ts";

export const samplingOf = (temperature: number, seed: number): Sampling =>
  temperature === 0 ? { kind: "greedy" } : { kind: "sample", temperature, seed };

/** A button that runs something and, while it runs, stops it. */
export const runButton = (
  words: { readonly go: string; readonly stop: string },
  act: (signal: AbortSignal) => Promise<void>,
  fail: (error: unknown) => void,
): HTMLButtonElement => {
  let stop: AbortController | undefined;
  const button = el("button", { type: "button", className: "main" }, words.go);
  button.addEventListener("click", async () => {
    if (stop !== undefined) return stop.abort();
    const mine = new AbortController();
    stop = mine;
    button.textContent = words.stop;
    button.classList.add("stops");
    try {
      await act(mine.signal);
    } catch (error) {
      if (error !== mine.signal.reason) fail(error);
    } finally {
      stop = undefined;
      button.textContent = words.go;
      button.classList.remove("stops");
    }
  });
  return button;
};

/** Appends streamed text to an element, once a frame. */
export const streamInto = (
  element: HTMLElement,
): { readonly clear: () => void; readonly add: (text: string) => void } => {
  let waiting = "";
  const put = onFrame(() => {
    element.append(waiting);
    waiting = "";
    element.scrollTop = element.scrollHeight;
  });
  return {
    clear: () => {
      waiting = "";
      element.replaceChildren();
    },
    add: (text) => {
      waiting += text;
      put();
    },
  };
};
