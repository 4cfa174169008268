/** What a page is asked: answers by the AI SDK, of a model in a worker, and an abort. */
import { connectWorker, type WorkerLike } from "@ropewalk/generation/worker";
import { generateText, streamText } from "ai";
import { ropewalk } from "../src/index.ts";

/** What of the DOM it needs, whose types the tests go without. */
type Dom = {
  readonly Worker: new (url: string, options: { readonly type: "module" }) => WorkerLike;
  readonly location: { readonly href: string };
};
const { Worker, location } = globalThis as unknown as Dom;

const run = async () => {
  const { loadModel } = connectWorker(new Worker("/worker/page.js", { type: "module" }));
  const loaded = await loadModel(new URL("/models/stories/", location.href), { backend: "wasm" });
  const after = await loaded.read("Once upon a time");
  const model = ropewalk(loaded, { prompt: "text", after });
  const { text, usage } = await generateText({ model, prompt: ", there", maxOutputTokens: 12 });
  const stop = new AbortController();
  const aborted: unknown[] = [];
  const { textStream } = streamText({
    model,
    prompt: ", there",
    abortSignal: stop.signal,
    onAbort: () => void aborted.push("aborted"),
  });
  let pieces = 0;
  for await (const _ of textStream) {
    pieces += 1;
    if (pieces === 3) stop.abort();
  }
  await loaded.release();
  return { text, cached: usage.inputTokenDetails.cacheReadTokens, pieces, aborted };
};

export type Page = { readonly run: typeof run };

Object.assign(globalThis, { run } satisfies Page);
