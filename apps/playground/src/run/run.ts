/** The middle column: a prompt, its tokens against the capacity, the streamed answer, and its speed. */
import type { GenerationStats } from "@ropewalk/generation";
import { chatPart } from "./chat.ts";
import { el, facts, field, onFrame } from "../page/dom.ts";
import type { Page } from "../page/page.ts";
import { runButton, samplingOf, streamInto } from "./run-button.ts";
import { strings } from "../page/strings.ts";

/** The most characters that are encoded to count tokens. Longer texts are estimated from their beginning, to keep the page quick. */
const mostCounted = 20_000;

const tokensOf = (encode: (text: string) => readonly number[], text: string): readonly [number, boolean] => {
  if (text.length <= mostCounted) return [encode(text).length, false];
  return [Math.round((encode(text.slice(0, mostCounted)).length * text.length) / mostCounted), true];
};

const statsPart = () => {
  const { stats, time, perSecond } = strings.run;
  const list = facts(stats);
  return {
    element: list.element,
    first: (milliseconds: number) => list.set("first", time(milliseconds)),
    decode: (tokens: number, milliseconds: number) =>
      list.set("decode", tokens > 1 ? perSecond((1000 * (tokens - 1)) / milliseconds) : "–"),
    done: ({ promptTokens, prefillTime, newTokens, decodeTime, cacheBytes }: GenerationStats) => {
      list.set("prefill", perSecond((1000 * promptTokens) / Math.max(prefillTime, 0.1)));
      list.set("decode", newTokens > 1 ? perSecond((1000 * (newTokens - 1)) / decodeTime) : "–");
      list.set("cache", strings.run.bytes(cacheBytes));
    },
  };
};

export const runPart = (page: Page): readonly HTMLElement[] => {
  const { run } = strings;
  const prompt = el("textarea", { rows: 6, value: page.setting().prompt, spellcheck: false });
  const told = el("p", { className: "told" });
  const meter = el("meter", { min: 0, max: 1, value: 0, "aria-hidden": "true" });
  const file = el("input", { type: "file", accept: "text/*,.txt,.md", hidden: true, "aria-label": run.file });
  const read = async (given: File): Promise<void> => {
    prompt.value = await given.text();
    page.change({ prompt: prompt.value.slice(0, 2000) });
  };
  file.addEventListener("change", () => file.files![0] && void read(file.files![0]).catch(page.fail));
  prompt.addEventListener("input", () => page.change({ prompt: prompt.value.slice(0, 2000) }));
  prompt.addEventListener("dragover", (event) => event.preventDefault());
  prompt.addEventListener("drop", (event) => {
    const given = event.dataTransfer?.files[0];
    if (given === undefined) return;
    event.preventDefault();
    void read(given).catch(page.fail);
  });
  const newTokens = el("input", { type: "number", min: "1", max: "100000", value: String(page.setting().newTokens) });
  newTokens.addEventListener("change", () =>
    page.change({ newTokens: Math.max(1, Math.floor(Number(newTokens.value) || 1)) }),
  );
  const temperature = el("input", {
    type: "number",
    min: "0",
    max: "2",
    step: "0.1",
    value: String(page.setting().temperature),
  });
  temperature.addEventListener("change", () =>
    page.change({ temperature: Math.max(0, Number(temperature.value) || 0) }),
  );
  let counted = ["", 0, false] as readonly [string, number, boolean];
  const showCount = onFrame(() => {
    const assembled = page.assembled();
    const opened = page.opened();
    if (opened === undefined || assembled === undefined || assembled instanceof Error) return;
    if (opened.text === undefined) return void (told.textContent = run.noTokenizer);
    const key = `${opened.id} ${prompt.value}`;
    if (counted[0] !== key) {
      try {
        counted = [key, ...tokensOf(opened.text.encode, prompt.value)];
      } catch {
        // The tokenizer cannot encode this text. The run shows the error.
        counted = [key, 0, false];
      }
    }
    const [, tokens, about] = counted;
    const { capacity } = assembled.extended;
    told.textContent = run.tokens(tokens, capacity, about);
    meter.value = Number.isFinite(capacity) ? Math.min(1, tokens / capacity) : 0;
    told.className = tokens > capacity ? "told bad" : "told";
  });
  page.onChange(showCount);
  prompt.addEventListener("input", showCount);

  const answer = el("div", { className: "answer", tabIndex: 0, role: "region", "aria-label": run.answer });
  const empty = el("span", { className: "about" }, run.empty);
  answer.append(empty);
  const status = el("p", { className: "told", role: "status" });
  const stats = statsPart();
  const stream = streamInto(answer);
  const button = runButton(
    { go: run.go, stop: run.stop },
    async (signal) => {
      stream.clear();
      status.textContent = run.loading;
      const { temperature: heat, newTokens: most } = page.setting();
      const model = await page.model("extended");
      signal.throwIfAborted();
      const begun = performance.now();
      let [pieces, first] = [0, 0];
      const showSpeed = onFrame(() => stats.decode(pieces, performance.now() - first));
      try {
        const given = model.generate(prompt.value, {
          signal,
          maxNewTokens: most,
          sampling: samplingOf(heat, Math.floor(Math.random() * 2 ** 31)),
          chunkSize: 128,
          onPrefill: (done, total) => (status.textContent = run.prefilling(done, total)),
          onDone: stats.done,
        });
        for await (const text of given) {
          pieces += 1;
          if (pieces === 1) {
            first = performance.now();
            stats.first(first - begun);
            status.textContent = "";
          } else showSpeed();
          stream.add(text);
        }
        status.textContent = run.done;
      } catch (error) {
        status.textContent = run.stopped;
        throw error;
      }
    },
    (error) => page.fail(error),
  );
  prompt.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) button.click();
  });
  const fileButton = el("button", { type: "button", className: "link", onclick: () => file.click() }, run.file);
  const section = chatPart(page);
  return [
    field(run.prompt, prompt, el("div", { className: "row between" }, told, file, fileButton), meter),
    el("div", { className: "pair" }, field(run.newTokens, newTokens), field(run.temperature, temperature)),
    el("div", { className: "row" }, button, status),
    answer,
    stats.element,
    section,
  ];
};
