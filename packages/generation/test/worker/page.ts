/** What a page is asked: a story out of a worker, what goes wrong, and the worker's end. */
import { selfExtend } from "@ropewalk/context-extension";
import { connectWorker, type WorkerLike } from "@ropewalk/generation/worker";
import { withFile, writeFileWhole } from "@ropewalk/models/files";

/** What of the DOM it needs, whose types the tests go without. */
type Dom = {
  readonly Worker: new (
    url: string,
    options: { readonly type: "module" },
  ) => WorkerLike & { readonly terminate: () => void };
  readonly location: { readonly href: string };
};
const { Worker, location } = globalThis as unknown as Dom;

const said = async (act: Promise<unknown>): Promise<string> => {
  try {
    await act;
    return "nothing";
  } catch (error) {
    return String(error);
  }
};

const run = async () => {
  const worker = new Worker("/worker/page.js", { type: "module" });
  const { loadModel, openModel, ended } = connectWorker(worker);
  const extension = selfExtend({ groupSize: 4, window: 128 });
  const backend = { name: "wasm", options: { threads: 2 } };
  const model = await loadModel(new URL("/models/stories/", location.href), { backend, extension });
  let text = "";
  for await (const piece of model.generate("Once upon a time", { maxNewTokens: 20 })) text += piece;
  const beyond = await said(model.generateTokens([1], { maxNewTokens: 9999 }).next());
  // Into the origin's private file system, out of the worker; what the page writes there the worker opens.
  const story = await model.read("Once upon a time");
  const bytes = await story.save("books/story.kv");
  const opened = await model.open("books/story.kv");
  let behind = "";
  for await (const piece of model.generate("", { after: opened, maxNewTokens: 20 })) behind += piece;
  const file = await withFile("page", "books/story.kv", ({ size, read }) => read(0, size));
  const half = function* (): Generator<Uint8Array> {
    yield file.subarray(0, 4000);
    throw new RangeError("no more");
  };
  const kept = [
    await said(writeFileWhole("page", "books/story.kv", half())),
    await said(writeFileWhole("page", "books/none.kv", half())),
    await said(model.open("books/none.kv")),
    await said(writeFileWhole("page", "books", [])),
    String((await withFile("page", "books/story.kv", ({ size, read }) => read(0, size))).length),
  ];
  await writeFileWhole("page", "/half.kv", [file.subarray(0, 4000)]);
  const cut = await said(model.open("half.kv"));
  const disk = { sizes: [bytes, file.length], ids: opened.ids.length, behind, kept, cut };
  const stop = new AbortController();
  const aborted = said(model.logits(new Array<number>(500).fill(5), { signal: stop.signal, chunkSize: 8 }));
  stop.abort(new RangeError("enough"));
  const reason = await aborted;
  const waits = said(openModel(new URL("/models/stories/", location.href)));
  worker.terminate();
  const why = [await waits, await said(model.release()), ended()];
  const missing = connectWorker(new Worker("/nowhere/page.js", { type: "module" }));
  return {
    text,
    disk,
    beyond,
    reason,
    why,
    missing: await said(missing.openModel(new URL("/models/", location.href))),
  };
};

export type Page = { readonly run: typeof run };

Object.assign(globalThis, { run } satisfies Page);
