/** A conversation whose history stays in the model's cache: a turn reads what is new, and writes behind it. */
import { sample, startSampling, type ChatMessage } from "@ropewalk/generation";
import type { WorkerCache, WorkerModel } from "@ropewalk/generation/worker";
import { el, field } from "./dom.ts";
import type { Page } from "./page.ts";
import { runButton, samplingOf, streamInto } from "./running.ts";
import { strings } from "./strings.ts";

type Conversation = {
  readonly model: WorkerModel;
  readonly messages: readonly ChatMessage[];
  readonly cache: WorkerCache;
  /** The text that the cache holds: what was said, as the template writes it. */
  readonly text: string;
};

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
    // A worker that has ended has given it back.
    await before?.model.releaseCache(before.cache).catch(() => {});
  };
  const say = (who: string, text: string): HTMLElement => {
    const words = el("span", {}, text);
    log.append(el("li", { className: who === chat.user ? "user" : "assistant" }, el("b", {}, who), words));
    log.scrollTop = log.scrollHeight;
    return words;
  };
  const turn = async (signal: AbortSignal): Promise<void> => {
    const asked = message.value.trim();
    if (asked === "") return;
    status.textContent = run.loading;
    const model = await page.model("extended");
    if (at !== undefined && at.model !== model) await clear();
    const { capacity } = model.extended;
    const messages = [...(at?.messages ?? []), { role: "user", content: asked }];
    // An answer's tokens are in the cache as they came; only what the template writes behind them is encoded.
    const whole = model.text!.formatChat!(messages);
    const goesOn = at !== undefined && whole.startsWith(at.text);
    const ids = goesOn
      ? model.text!.encode(whole.slice(at!.text.length), { specialTokens: false })
      : model.text!.encodeChat!(messages);
    const kept = goesOn ? at!.cache.length : 0;
    if (kept + ids.length >= capacity) throw new RangeError(chat.full(capacity));
    // What the template writes otherwise than it came is read anew.
    if (!goesOn && at !== undefined) await model.releaseCache(at.cache);
    let cache = goesOn ? at!.cache : await model.createCache({ length: Math.min(capacity, ids.length + 256) });
    at = undefined;
    say(chat.user, asked);
    message.value = "";
    const words = say(chat.assistant, "");
    const stream = streamInto(words);
    const { temperature, newTokens } = page.setting();
    const sampling = samplingOf(temperature, Math.floor(Math.random() * 2 ** 31));
    let state = startSampling(sampling);
    const answer: number[] = [];
    let text = "";
    const read = async () => {
      try {
        return await model.prefill(cache, ids, { signal, chunkSize: 128 });
      } catch (error) {
        // How much of the turn was read is not known: the next one begins anew.
        await model.releaseCache(cache).catch(() => {});
        throw error;
      }
    };
    let ran = await read();
    cache = ran.cache;
    status.textContent = chat.read(ids.length, kept);
    try {
      while (answer.length < newTokens && cache.length < capacity) {
        signal.throwIfAborted();
        const picked = sample(sampling, state, ran.logits);
        state = picked.state;
        if (model.source.stopTokens.includes(picked.token)) break;
        answer.push(picked.token);
        const now = model.text!.decode(answer);
        // The last characters may be a part of one.
        if (now.startsWith(text) && !now.endsWith("\uFFFD")) {
          stream.add(now.slice(text.length));
          text = now;
        }
        ran = await model.prefill(cache, [picked.token]);
        cache = ran.cache;
      }
    } finally {
      at = { model, messages: [...messages, { role: "assistant", content: text }], cache, text: whole + text };
      log.scrollTop = log.scrollHeight;
    }
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
    // The cache went with the model that it was of.
    at = undefined;
    log.replaceChildren();
  });
  return section;
};
