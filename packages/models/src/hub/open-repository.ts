/** A repository of the hub as a checkpoint's folder. A file is fetched into the storage when it is first asked for. */
import { check } from "@ropewalk/check";
import type { CheckpointFolder } from "../folder/checkpoint-folder.ts";
import { checkReadByName, ggufModels, isGgufName } from "../gguf/model-names.ts";
import { download } from "./download.ts";
import { findGguf } from "./find-gguf.ts";
import { askCommit, askFile, askFiles } from "./hub-api.ts";
import type { Hub } from "./hub-options.ts";
import type { HubStorage } from "./hub-storage.ts";
import { checkName } from "./repository-name.ts";

/** The commit that is opened. `unreached` says why the hub could not be asked; it is undefined where the hub was asked. */
type Snapshot = { readonly commit: string; readonly unreached: string | undefined };

/** Asks the hub which commit the revision is. If the hub cannot be reached, the commit that the storage knows is used. */
const findSnapshot = async (hub: Hub, storage: HubStorage): Promise<Snapshot> => {
  const { id, revision } = hub;
  const answer = hub.offline
    ? ({ kind: "unreached", why: `HF_HUB_OFFLINE keeps ${hub.endpoint} from being asked` } as const)
    : await askCommit(hub);
  if (answer.kind === "answered") return { commit: answer.value, unreached: undefined };
  const commit = await storage.commitOf(revision);
  if (commit === undefined)
    throw new Error(
      `openHub: ${id}: ${answer.why}, and the cache ${storage.name} must then have ${revision}, got nothing`,
    );
  hub.onNotice(`openHub: ${id}: ${answer.why}; the commit ${commit} in ${storage.name} is used`);
  return { commit, unreached: answer.why };
};

const weights = "model.safetensors";
const index = `${weights}.index.json`;

/**
 * Takes a file that is not kept, and that the hub cannot be asked for, as absent.
 *
 * @throws Error naming the file where a checkpoint cannot do without it
 */
const takeAsAbsent = async (
  { id, onNotice }: Hub,
  storage: HubStorage,
  { commit, unreached }: Snapshot,
  file: string,
): Promise<void> => {
  if (file === weights && (await storage.has(commit, index))) return;
  if (file === "config.json" || file === index || file.endsWith(".safetensors") || isGgufName(file))
    throw new Error(`openHub: ${id}: ${unreached}, and the cache ${storage.name} must then have ${file}, got nothing`);
  onNotice(`openHub: ${id}: ${unreached}; ${file} is not in ${storage.name} and is taken as absent`);
};

/** Fetches a file into the storage; false where the commit has none of that name. */
const fetchFile = async (hub: Hub, storage: HubStorage, commit: string, file: string): Promise<boolean> => {
  const answer = await askFile(hub, commit, file);
  if (answer.kind === "unreached") throw new Error(`openHub: ${hub.id}: ${file} must be fetched, but ${answer.why}`);
  const content = answer.value;
  if (content === undefined) {
    await storage.rememberAbsent(commit, file);
    return false;
  }
  await storage.keep(commit, content, (target) => download(hub, content, target));
  return true;
};

/** The name of the GGUF file that is meant. Its whole name needs no list of the hub's files. */
const ggufIn = async (hub: Hub, { commit, unreached }: Snapshot, asked: string): Promise<string> => {
  checkReadByName(`openHub: ${hub.id}`, asked);
  if (isGgufName(asked)) return asked;
  const needed = `openHub: ${hub.id}: the files must be listed to find ${asked}`;
  if (unreached !== undefined) throw new Error(`${needed}, but ${unreached}; the name of the file needs no list`);
  const answer = await askFiles(hub, commit);
  if (answer.kind === "unreached") throw new Error(`${needed}, but ${answer.why}; the name of the file needs no list`);
  const found = findGguf(`openHub: ${hub.id}`, asked, answer.value);
  checkReadByName(`openHub: ${hub.id}`, found);
  return found;
};

/** Refuses a repository without config.json; where it has GGUF files, with their names. */
const refuseWithoutConfig = async (hub: Hub, { commit, unreached }: Snapshot): Promise<never> => {
  const answer = unreached === undefined ? await askFiles(hub, commit) : undefined;
  const models = answer?.kind === "answered" ? ggufModels(answer.value) : [];
  const must = `openHub: ${hub.id} must have a file config.json`;
  check(models.length === 0, `${must}, or be asked for with one of its GGUF files, as ${hub.id}:Q4_K_M`, models);
  throw new RangeError(`${must}, got nothing`);
};

/** Does pieces of work one after another. If one fails, those that already wait behind it fail too; later ones are done again. */
const inTurn = (): (<Value>(work: () => Promise<Value>) => Promise<Value>) => {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work);
    last = next;
    next.catch(() => (last = Promise.resolve()));
    return next;
  };
};

/**
 * Opens a repository of the hub. Its revision's commit is asked for once; files are fetched one after another, each when it is first asked
 * for, and found in the storage from then on. If the hub cannot be reached, or HF_HUB_OFFLINE is set, the storage is used as it is, and
 * `onNotice` is called.
 *
 * @throws RangeError when a file's name is not valid, there is no config.json, or the type of a GGUF file is not read
 * @throws Error naming the id, the hub's address and the storage when the hub refuses, when it cannot be reached and the storage
 *   lacks what is needed, or when a file's content is not what its hash says
 */
export const openRepository = async (hub: Hub, storage: HubStorage): Promise<CheckpointFolder> => {
  const { id, revision } = hub;
  const snapshot = await findSnapshot(hub, storage);
  const { commit, unreached } = snapshot;
  const turn = inTurn();
  /** Whether the commit has the file, which is then in the storage. The name may be one that the hub listed. */
  const fetchOnce = async (file: string): Promise<boolean> => {
    checkName("a file", file);
    return turn(async () => {
      if (await storage.has(commit, file)) return true;
      if (await storage.isKnownAbsent(commit, file)) return false;
      if (unreached === undefined) return fetchFile(hub, storage, commit, file);
      await takeAsAbsent(hub, storage, snapshot, file);
      return false;
    });
  };
  const gguf = hub.gguf === undefined ? undefined : await ggufIn(hub, snapshot, hub.gguf);
  if (!(await fetchOnce(gguf ?? "config.json"))) {
    check(gguf === undefined, `openHub: ${id} must have a file ${gguf}`, undefined);
    await refuseWithoutConfig(hub, snapshot);
  }
  // Not earlier: an older commit that is in the cache is better than a newer one that is not.
  if (unreached === undefined) await storage.rememberCommit(revision, commit);
  return {
    name: gguf === undefined ? id : `${id}:${gguf}`,
    ...(gguf !== undefined && { gguf }),
    file: async (file) => ((await fetchOnce(file)) ? storage.read(commit, file) : undefined),
  };
};
