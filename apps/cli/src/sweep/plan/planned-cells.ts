/** Plans the cells of a sweep: the hash, the job, the tokens and the memory of each, before any weight is loaded. */
import {
  canonical,
  cellHash,
  evaluationOf,
  sha256,
  type AskedEvaluation,
  type CellIdentity,
  type JsonObject,
} from "@ropewalk/evals";
import { beyondCapacity, plannedCacheBytes, type OpenedModel } from "@ropewalk/generation";
import { extendDecoder } from "@ropewalk/decoder";
import { storedBytes, weightBytes } from "@ropewalk/models";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { recordIn } from "../../describe/extension-in-words.ts";
import { loadMethod } from "../../methods/method-module.ts";
import { chosenFor, open, replacedNotices } from "../../model/open-model.ts";
import { backendFrom, type SharedOptions } from "../../flags/shared.ts";
import type { Job } from "../../pool/jobs.ts";
import type { MethodEntry, ModelEntry } from "./entries.ts";
import { fingerprintOf } from "./model-fingerprint.ts";

/** A cell as a sweep asks for it, independent of the machine that runs it. */
export type AskedCell = {
  readonly model: ModelEntry;
  readonly method: MethodEntry;
  readonly evaluation: AskedEvaluation;
};

export type PlannedCell = AskedCell & {
  readonly hash: string;
  readonly identity: CellIdentity;
  readonly job: Job;
  /** Tokens that the cell reads, approximately. */
  readonly tokens: number;
  /** Bytes of weights, keys and values that a run of the cell holds. */
  readonly bytes: number;
  /** The things that the method switches off, in words. */
  readonly notices: readonly string[];
  /** Whether the run is beyond the method's capacity. */
  readonly beyond: boolean;
};

/** The place where a sweep runs: the folder that relative names begin in, and the backend's options. */
export type Place = { readonly folder: string; readonly options: SharedOptions };

/** The path of a file or folder that exists in the sweep's folder; any other name stays as it is. */
const located = (folder: string, name: string): string => {
  const path = resolve(folder, name);
  return existsSync(path) ? path : name;
};

const variantAt = (folder: string, { variant }: ModelEntry): ModelEntry["variant"] => {
  const { adapter, ...rest } = variant;
  return adapter === undefined
    ? rest
    : { ...rest, adapter: adapter.map(({ source, scale }) => ({ source: located(folder, source), scale })) };
};

/** Bytes of the weights in a run: rounded, in stored blocks, or in the backend's precision. */
const weightsIn = ({ source }: OpenedModel, { quantize, ...options }: SharedOptions): number => {
  if (source.kind === "export")
    return source.modelBytes + source.files.reduce((sum, { source: { size } }) => sum + size, 0);
  const [stored, wide] = [storedBytes(source), weightBytes(source)];
  const storedSum = Object.values(stored).reduce((sum, bytes) => sum + bytes, 0);
  if (quantize !== undefined) return wide[quantize];
  return storedSum < wide.float16 ? storedSum : wide[backendFrom(options).precision];
};

/** Makes each key's value once. Callers that ask at the same time wait for the same value. */
export const once = <T>(): ((key: string, make: () => Promise<T>) => Promise<T>) => {
  const made = new Map<string, Promise<T>>();
  return (key, make) => {
    const there = made.get(key) ?? make();
    made.set(key, there);
    return there;
  };
};

type Opened = { readonly opened: OpenedModel; readonly fingerprint: string };

export type Planner = (cell: AskedCell) => Promise<PlannedCell>;

/**
 * Returns the function that plans a cell. Every model and file is read once.
 *
 * @throws errors of a model, a file or a method, before anything runs
 */
export const planner = ({ folder, options: shared }: Place): Planner => {
  const [models, files, modules] = [once<Opened>(), once<string>(), once<Awaited<ReturnType<typeof loadMethod>>>()];
  const openOnce = ({ model, variant }: { readonly model: string; readonly variant: ModelEntry["variant"] }) =>
    models(canonical({ model, variant }), async () => {
      const opened = await open(model, { ...shared, ...variant });
      return { opened, fingerprint: await fingerprintOf(model, opened, variant.adapter) };
    });
  const hashOnce = (where: string, name: string): Promise<string> =>
    files(name, async () => {
      const bytes = await readFile(resolve(folder, name)).catch((error: NodeJS.ErrnoException) => {
        throw new Error(`${where}: ${name} must be a readable file, got ${error.code ?? error.message}`, {
          cause: error,
        });
      });
      return sha256(bytes);
    });

  return async (cell) => {
    const { model, method, evaluation } = cell;
    const { kind, params } = evaluation;
    const row = evaluationOf("sweep", kind);
    const length = row.length(params);
    const path = located(folder, model.model);
    const variant = { ...variantAt(folder, model), ...method.variant };
    const { opened, fingerprint } = await openOnce({ model: path, variant: variantAt(folder, model) });
    const own = await Promise.all(method.modules.map((name) => modules(name, () => loadMethod(resolve(folder, name)))));
    const options: SharedOptions = { ...shared, ...variant, ...(own.length > 0 && { modules: own }) };
    const chosen = chosenFor(opened, options, length);
    const { extension } = chosen;
    const cache = options.cache ?? backendFrom(options).precision;
    const extended = extendDecoder(opened.source.decoder, extension, { cache });
    const record = recordIn(extension);
    const identity: CellIdentity = {
      model: fingerprint,
      // A method with functions is identified by the hash of its module.
      method: (record ?? {
        modules: await Promise.all(method.modules.map((name) => hashOnce("sweep", name))),
        ...method.variant,
      }) as JsonObject,
      run: {
        backend: options.backend,
        precision: backendFrom(options).precision,
        cache,
        ...(options.quantize === undefined ? {} : { quantize: options.quantize }),
        ...(options.trainedContext === undefined ? {} : { trainedContext: options.trainedContext }),
      },
      kind,
      params,
      files: await Promise.all((row.files?.(params) ?? []).map((name) => hashOnce(kind, name))),
    };
    return {
      ...cell,
      identity,
      hash: await cellHash(identity),
      job: {
        model: path,
        variant,
        kind,
        params,
        ...(own.length > 0 && { modules: own.map(({ path: at }) => at) }),
      },
      tokens: row.tokens?.(params) ?? length,
      bytes: weightsIn(opened, options) + plannedCacheBytes(extended, { length }),
      notices: [...replacedNotices(opened, chosen), ...extended.notices],
      beyond: beyondCapacity(extended, length) !== undefined,
    };
  };
};
