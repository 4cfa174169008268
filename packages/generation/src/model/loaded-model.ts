/** What is loaded of a model: its weights, and the sessions that read them, shared by all models of the same weights. */
import type { Backend, Session } from "@ropewalk/backend";
import { showName } from "@ropewalk/check";
import type { CachePrecision } from "@ropewalk/decoder";
import { releaseCache, type KeyValueCache } from "../cache/cache.ts";
import type { OpenedModel } from "./open-model.ts";
import type { SourceGraph } from "./model-source.ts";

/** What models that share weights have in common. */
export type Loaded = OpenedModel & {
  readonly backend: Backend;
  readonly cache: CachePrecision;
  /** By graph and layout: a graph depends on an extension through the layout of its bands alone. */
  readonly sessions: Map<string, Promise<Session>>;
  /** Ends what the weights need besides sessions. */
  readonly releaseWeights: () => Promise<void>;
  /** What holds memory besides: it ends with the weights. */
  readonly prefixes: Set<KeyValueCache>;
  /** What tells its weights from others, as they are run; they are read for it once. */
  readonly fingerprint: () => Promise<string>;
  /** Whether that has been asked for. */
  readonly life: { released: Promise<void> | undefined };
};

/**
 * Weights are mapped from their files while a session is open: one that was written over since would give other tokens without a
 * word, and one that was cut short would end the process.
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

/** The session of a graph, made when it is first asked for. The weights' files are looked at each time. */
export const sessionFor = async (loaded: Loaded, name: string, graph: () => Promise<SourceGraph>): Promise<Session> => {
  await checkUnchanged(loaded);
  const { backend, sessions } = loaded;
  const ready = sessions.get(name);
  if (ready !== undefined) return ready;
  const session = (async () => {
    const { model, externalData } = await graph();
    return backend.createSession(model, externalData);
  })();
  sessions.set(name, session);
  // What failed once may go well the next time.
  session.catch(() => sessions.delete(name));
  return session;
};

/** @throws TypeError naming who asks, once the weights are released */
export const checkOpen = (where: string, { life }: Loaded): void => {
  if (life.released !== undefined)
    throw new TypeError(`${where}: the model must not be released, nor one that shares its weights, got one that is`);
};

/** Ends all sessions, when their runs have ended, and what the weights need besides; and gives back what was read with them. */
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
