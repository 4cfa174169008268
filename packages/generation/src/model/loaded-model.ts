/** The loaded weights and the sessions that read them. All models of the same weights share them. */
import type { Backend, Session } from "@ropewalk/backend";
import { showName } from "@ropewalk/check";
import type { CachePrecision } from "@ropewalk/decoder";
import { encode } from "@ropewalk/graph";
import { releaseCache, type KeyValueCache } from "../cache/cache.ts";
import type { OpenedModel } from "./open-model.ts";
import type { SourceGraph } from "./model-source.ts";

/** What all models of the same weights share. */
export type Loaded = OpenedModel & {
  readonly backend: Backend;
  readonly cache: CachePrecision;
  /** Sessions by the names of graph and attention path. A graph depends on an extension only through the attention path. */
  readonly sessions: Map<string, Promise<Session>>;
  /** Releases what the weights need besides sessions, such as a temporary folder. */
  readonly releaseWeights: () => Promise<void>;
  /** The caches of prefixes and checkpoints, which are released with the weights. */
  readonly prefixes: Set<KeyValueCache>;
  /** The fingerprint of the weights as they are run. The weights are read for it once. */
  readonly fingerprint: () => Promise<string>;
  /** `released` is the promise of `release`, once that was called. */
  readonly life: { released: Promise<void> | undefined };
};

/**
 * Checks that the files of the weights are unchanged. They are mapped while a session is open: a file that was written over since would
 * silently give other tokens, and a file that was cut short would end the process.
 *
 * @throws RangeError that names the file and what has changed
 */
export const checkUnchanged = async ({ source }: Pick<Loaded, "source">): Promise<void> => {
  for (const { external, changed } of source.files) {
    const what = await changed?.();
    if (what !== undefined)
      throw new RangeError(
        `loadModel: ${showName(external.file)} of ${showName(source.name)} must be as it was when it was opened, got ${what}; ` +
          "load the model anew",
      );
  }
};

/** The session of a graph, made when it is first asked for. The files of the weights are checked at each call. */
export const sessionFor = async (loaded: Loaded, name: string, graph: () => Promise<SourceGraph>): Promise<Session> => {
  await checkUnchanged(loaded);
  const { backend, sessions } = loaded;
  const ready = sessions.get(name);
  if (ready !== undefined) return ready;
  const session = (async () => {
    const { model, externalData } = await graph();
    const made = await backend.createSession(encode(model), externalData).catch(async (error: unknown) => {
      // The runtime's words about a file that has changed say less.
      await checkUnchanged(loaded);
      throw error;
    });
    try {
      // They may have changed while they were being mapped.
      await checkUnchanged(loaded);
    } catch (error) {
      await made.release();
      throw error;
    }
    return made;
  })();
  sessions.set(name, session);
  // A session that could not be made is tried again at the next call.
  session.catch(() => sessions.delete(name));
  return session;
};

/** @throws TypeError naming the function, once the weights are released */
export const checkOpen = (where: string, { life }: Loaded): void => {
  if (life.released !== undefined)
    throw new TypeError(`${where}: the model must not be released, nor one that shares its weights, got one that is`);
};

/** Ends all sessions after their runs have ended, gives back all caches, and releases what the weights need besides. */
export const releaseLoaded = async ({ sessions, prefixes, releaseWeights }: Loaded): Promise<void> => {
  const open = await Promise.allSettled(sessions.values());
  sessions.clear();
  const ended = await Promise.allSettled(
    open.map(async (session) => (session.status === "fulfilled" ? session.value.release() : undefined)),
  );
  for (const cache of prefixes) releaseCache(cache);
  prefixes.clear();
  await releaseWeights();
  for (const result of ended) if (result.status === "rejected") throw result.reason;
};
