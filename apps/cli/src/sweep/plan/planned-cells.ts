/** The cells of a sweep, each with its hash, its job and what it takes: all of it known before a weight is loaded. */
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

/** A cell as a sweep asks for it, whoever runs it. */
export type AskedCell = {
  readonly model: ModelEntry;
  readonly method: MethodEntry;
  readonly evaluation: AskedEvaluation;
};

export type PlannedCell = AskedCell & {
  readonly hash: string;
  readonly identity: CellIdentity;
  readonly job: Job;
  /** Tokens that it reads, about. */
  readonly tokens: number;
  /** Bytes of weights, and of keys and values, that a run of it holds. */
  readonly bytes: number;
  /** What the method switches off, in words. */
  readonly notices: readonly string[];
  /** Whether the model and its method know no positions for a run so long. */
  readonly beyond: boolean;
};

/** Where a sweep runs: where relative names begin, and on what. */
export type Place = { readonly folder: string; readonly options: SharedOptions };

/** A path where there is something at it, from the sweep's own folder; else a name. */
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

/** Weights as they are run: rounded, as they are stored in blocks, or in the backend's precision. */
const weightsIn = ({ source }: OpenedModel, { quantize, ...options }: SharedOptions): number => {
  if (source.kind === "export")
    return source.modelBytes + source.files.reduce((sum, { source: { size } }) => sum + size, 0);
  const [stored, wide] = [storedBytes(source), weightBytes(source)];
  const storedSum = Object.values(stored).reduce((sum, bytes) => sum + bytes, 0);
  if (quantize !== undefined) return wide[quantize];
  return storedSum < wide.float16 ? storedSum : wide[backendFrom(options).precision];
};

/** A value by its key, made once; several that ask at once wait for one. */
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
 * What plans cells, with every model and file read once.
 *
 * @throws whatever is wrong with a model, a file or a method, before anything runs
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
      // What is in functions is known by its module.
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
