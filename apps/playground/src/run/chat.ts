/** A conversation whose history stays in the model's cache: each turn reads only the new message. */
import type { GenerationStats } from "@ropewalk/generation";
import type { WorkerChat, WorkerModel } from "@ropewalk/generation/worker";
import { el, field } from "../page/dom.ts";
import type { Page } from "../page/page.ts";
import { runButton, samplingOf, streamInto } from "./run-button.ts";
import { strings } from "../page/strings.ts";

type Conversation = { readonly model: WorkerModel; readonly chat: WorkerChat };

export const chatPart = (page: Page): HTMLElement => {
  const { chat, run } = strings;
  const log = el("ol", { className: "chat", role: "log", tabIndex: 0, "aria-label": chat.label });
  const message = el("textarea", { rows: 2 });
  const status = el("p", { className: "told", role: "status" });
  let at: Conversation | undefined;
  const clear = async (): Promise<void> => {
    const before = at;
    at = undefined;
    log.replaceChildren();
    status.textContent = "";
    // If the worker has ended, the cache is gone already.
    await before?.chat.release().catch(() => {});
  };
  const say = (who: string, text: string): HTMLElement => {
    const words = el("span", {}, text);
    log.append(el("li", { className: who === chat.user ? "user" : "assistant" }, el("b", {}, who), words));
    log.scrollTop = log.scrollHeight;
    return words;
  };
  const answer = async (
    { model: { extended }, chat: conversation }: Conversation,
    asked: string,
    signal: AbortSignal,
  ): Promise<void> => {
    const [question, words] = [say(chat.user, asked), say(chat.assistant, "")];
    const stream = streamInto(words);
    const { temperature, newTokens } = page.setting();
    const options = {
      maxNewTokens: newTokens,
      chunkSize: 128,
      sampling: samplingOf(temperature, Math.floor(Math.random() * 2 ** 31)),
      onPrefill: (done: number, total: number) => (status.textContent = run.prefilling(done, total)),
      onDone: ({ promptTokens, cachedTokens }: GenerationStats) =>
        (status.textContent = chat.read(promptTokens - cachedTokens, cachedTokens)),
    };
    // An abort takes the whole turn back. Once text has appeared, a stop leaves the loop instead, so that the text stays.
    const untilSaid = new AbortController();
    let isSaid = false;
    const abort = (): void => {
      if (!isSaid) untilSaid.abort(signal.reason);
    };
    signal.addEventListener("abort", abort);
    try {
      for await (const piece of conversation.send(asked, { ...options, signal: untilSaid.signal })) {
        isSaid = true;
        stream.add(piece);
        if (signal.aborted) break;
      }
    } catch (error) {
      for (const each of [question, words]) each.parentElement!.remove();
      message.value = asked;
      const isFull = (error as { readonly code?: unknown }).code === "context_length_exceeded";
      throw isFull ? new RangeError(chat.full(extended.capacity)) : error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
    log.scrollTop = log.scrollHeight;
  };
  const turn = async (signal: AbortSignal): Promise<void> => {
    const asked = message.value.trim();
    if (asked === "") return;
    status.textContent = run.loading;
    const model = await page.model("extended");
    if (at !== undefined && at.model !== model) await clear();
    at ??= { model, chat: await model.chat() };
    signal.throwIfAborted();
    message.value = "";
    await answer(at, asked, signal);
  };
  const send = runButton({ go: chat.send, stop: run.stop }, turn, (error) => {
    status.textContent = "";
    page.fail(error);
  });
  message.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    send.click();
  });
  const anew = el(
    "button",
    { type: "button", className: "small", onclick: () => void clear().catch(page.fail) },
    chat.clear,
  );
  const section = el(
    "section",
    { hidden: true, "aria-label": chat.label },
    el("h3", {}, chat.label),
    el("p", { className: "about" }, chat.about),
    log,
    field(chat.message, message),
    el("div", { className: "row" }, send, anew, status),
  );
  page.onModel(() => {
    section.hidden = page.opened()?.text?.encodeChat === undefined;
    // The cache is gone with the previous model.
    at = undefined;
    log.replaceChildren();
  });
  return section;
};
