/** A repository of the hub as a checkpoint's folder, whose files are fetched into the cache when they are asked for. */
import { modelInfo, pathsInfo } from "@huggingface/hub";
import { join } from "node:path";
import { check } from "@ropewalk/check";
import type { CheckpointFolder } from "../folder/checkpoint-folder.ts";
import { openFolder } from "../disk/open-folder.ts";
import { askClient } from "./ask-hub.ts";
import * as cache from "./cache-folder.ts";
import { fetchBlob } from "./download.ts";
import { checkIntact } from "./check-intact.ts";
import { checkName, hubFrom, type Hub, type HubOptions } from "./hub-options.ts";

/** The commit that is opened; `alone` says why the cache has to do without the hub, and is undefined where it has not. */
type Place = { readonly commit: string; readonly alone: string | undefined };

const modelOf = ({ id }: Hub) => ({ type: "model", name: id }) as const;

/** One question: which commit the revision is. Who can't be asked leaves the one that the cache knows. */
const findPlace = async (hub: Hub): Promise<Place> => {
  const { id, revision, cacheFolder, folder } = hub;
  const answer = hub.offline
    ? ({ kind: "unreached", why: `HF_HUB_OFFLINE keeps ${hub.endpoint} from being asked` } as const)
    : await askClient(hub, (client) => modelInfo({ ...client, name: id, revision, additionalFields: ["sha"] }));
  if (answer.kind === "answered") {
    return { commit: cache.checkCommit(`${hub.endpoint} for ${id}`, answer.value.sha), alone: undefined };
  }
  const commit = await cache.cachedCommit(folder, revision);
  if (commit === undefined)
    throw new Error(
      `openHub: ${id}: ${answer.why}, and the cache ${cacheFolder} must then have ${revision}, got nothing`,
    );
  hub.onNotice(`openHub: ${id}: ${answer.why}; the commit ${commit} in ${cacheFolder} is used`);
  return { commit, alone: answer.why };
};

const weights = "model.safetensors";
const index = `${weights}.index.json`;

/** A file that the cache does not have and the hub can't be asked for: does the snapshot do without it? */
const doWithout = async (hub: Hub, { commit, alone }: Place, file: string): Promise<void> => {
  const { id, folder, cacheFolder } = hub;
  if (file === weights && (await cache.exists(join(cache.snapshotOf(folder, commit), index)))) return;
  if (file === "config.json" || file === index || file.endsWith(".safetensors"))
    throw new Error(`openHub: ${id}: ${alone}, and the cache ${cacheFolder} must then have ${file}, got nothing`);
  hub.onNotice(`openHub: ${id}: ${alone}; ${file} is not in ${cacheFolder} and is taken as absent`);
};

/** Fetches a file into the snapshot; false where the commit has none of that name. */
const fetchFile = async (hub: Hub, { commit }: Place, file: string): Promise<boolean> => {
  const { id, endpoint, folder } = hub;
  const answer = await askClient(hub, (client) =>
    pathsInfo({ ...client, repo: modelOf(hub), revision: commit, paths: [file] }),
  );
  if (answer.kind === "unreached") throw new Error(`openHub: ${id}: ${file} must be fetched, but ${answer.why}`);
  const found = answer.value.find(({ path, type }) => path === file && type === "file");
  if (found === undefined) {
    await cache.rememberAbsent(folder, commit, file);
    return false;
  }
  const { oid: hash = "", size } = found.lfs ?? found;
  check(/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(hash), `openHub: ${id}: ${endpoint} must give the hash of ${file}`, hash);
  const blob = cache.blobOf(folder, hash);
  const address = `${endpoint}/${id}/resolve/${commit}/${file.split("/").map(encodeURIComponent).join("/")}`;
  if (!(await cache.exists(blob))) await fetchBlob(hub, { file, address, size, hash }, blob);
  await cache.pointAt(blob, join(cache.snapshotOf(folder, commit), file));
  return true;
};

/** Work in turn. When one fails, so does what waits behind it; what comes later starts anew. */
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
 * Opens a repository of the hub. Its revision's commit is asked for once; a file is fetched when it is first asked for, one
 * after another, and found in the cache from then on. Where the hub can't be reached, or HF_HUB_OFFLINE is set, the cache is
 * used as it is, and `onNotice` told.
 *
 * @throws RangeError when the id, the revision, the token or a file's name is none, or there is no config.json
 * @throws Error naming the id, the hub's address and the cache folder when the hub refuses, or can't be reached and the cache
 *   has not what is needed, or holds a file that is not what its name says
 */
export const openHub = async (options: HubOptions): Promise<CheckpointFolder> => {
  const hub = hubFrom(options);
  const { id, folder } = hub;
  const place = await findPlace(hub);
  const snapshot = cache.snapshotOf(folder, place.commit);
  const turn = inTurn();
  /** Whether the snapshot has the file, once it is fetched. */
  const has = (file: string): Promise<boolean> =>
    turn(async () => {
      if (await cache.exists(join(snapshot, file))) return true;
      if (await cache.isKnownAbsent(folder, place.commit, file)) return false;
      if (place.alone === undefined) return fetchFile(hub, place, file);
      await doWithout(hub, place, file);
      return false;
    });
  check(await has("config.json"), `openHub: ${id} must have a file config.json`, undefined);
  // Not before: an older commit in the cache is better than a newer one that is not.
  if (place.alone === undefined) await cache.rememberCommit(folder, hub.revision, place.commit);
  const opened = await openFolder(snapshot);
  const intact = new Set<string>();
  return {
    name: id,
    file: async (file) => {
      checkName("a file", file);
      const found = (await has(file)) ? await opened.file(file) : undefined;
      if (found !== undefined && !intact.has(file)) await checkIntact(hub, file, found);
      intact.add(file);
      return found;
    },
  };
};
