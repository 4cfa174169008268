/** What a page is asked: a model of the hub by its name, and one by its address, each on two visits. */
import { loadCheckpoint, openUrl, type CheckpointFolder } from "@ropewalk/models";
import { openSource } from "@ropewalk/models/hub";

/** What of the DOM it needs, whose types the tests go without. */
type Dom = {
  readonly caches: {
    readonly keys: () => Promise<readonly string[]>;
    readonly open: (name: string) => Promise<{ readonly keys: () => Promise<readonly { readonly url: string }[]> }>;
  };
  readonly location: { readonly href: string };
};
const { caches, location } = globalThis as unknown as Dom;

const load = async (folder: CheckpointFolder) => {
  const { decoder, files, tokenizer } = await loadCheckpoint(folder);
  const { size } = files[0]!.source;
  return { family: decoder.family, bytes: size, hasTokenizer: tokenizer !== undefined };
};

/** @param id - of a model on the hub at `endpoint` */
const run = async (endpoint: string, id: string) => {
  const notices: string[] = [];
  const options = { endpoint, onNotice: (notice: string) => notices.push(notice) };
  const byName = await load(await openSource(id, options));
  const byAddress = await load(openUrl(new URL("/models/stories/", location.href), { cache: "models" }));
  const kept: Record<string, readonly string[]> = {};
  for (const name of await caches.keys())
    kept[name] = (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname);
  return { byName, byAddress, kept, notices };
};

export type Page = { readonly run: typeof run };

Object.assign(globalThis, { run } satisfies Page);
