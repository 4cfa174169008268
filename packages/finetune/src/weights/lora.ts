/**
 * LoRA: two small matrices, A [rank, in] and B [out, rank], are learned for each adapted weight. The weight stays as it is stored.
 *
 *   W + (α / rank) B A          at the start A ~ U(-1/√in, 1/√in) and B = 0
 *
 * Hu et al., arXiv 2106.09685. A starts as in PEFT: Kaiming-uniform with a = √5.
 */
import { sizeOf } from "@ropewalk/backend";
import { check, checkKeys, checkNumber, optional, positive, type Keys, type Rule } from "@ropewalk/check";
import type { Decoder } from "@ropewalk/decoder";
import type { LearnedLowRank } from "@ropewalk/decoder/training";
import { prepareCheckpoint, type LanguageModel } from "@ropewalk/generation";
import { adaptable, adapterTensor, type Checkpoint } from "@ropewalk/models";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { Parameter, Parameters } from "../optimizer/adam-w.ts";
import type { Frozen } from "../loss/loss-graph.ts";

export type LoraConfig = {
  /** Default 8. */
  readonly rank?: number;
  /** α: B A is multiplied by α / rank. Default 8. */
  readonly alpha?: number;
  /** The ends of the adapted modules' names, such as `q_proj`. Default: all matrices of the layers. */
  readonly targets?: readonly string[];
};

/** A checked configuration with its defaults filled in, and the matrices that it adapts. */
export type Lora = Required<LoraConfig> & {
  /** The matrix of each adapted module, by the module's name. */
  readonly modules: ReadonlyMap<string, string>;
};

const finite: Rule = (where, name, value) => checkNumber(where, name, value, Number.isFinite(value), "finite");

const keys: Keys<LoraConfig> = { rank: optional(positive), alpha: optional(finite), targets: true };

/** PEFT's names of these keys. */
const meant = { r: "rank", lora_alpha: "alpha", target_modules: "targets", targetModules: "targets" };

const isAt = (target: string, module: string): boolean => module === target || module.endsWith(`.${target}`);

const lastPart = (module: string): string => module.slice(module.lastIndexOf(".") + 1);

/**
 * Checks the configuration and finds the matrices that it adapts.
 *
 * @throws RangeError when a target matches no module of the decoder, or a number is out of range; TypeError for unknown keys
 */
export const loraOf = (where: string, decoder: Decoder, config: LoraConfig): Lora => {
  const { rank = 8, alpha = 8, targets: asked } = checkKeys<LoraConfig>(where, "lora", config, keys, meant);
  const all = [...adaptable(decoder)];
  const layers = new Set(decoder.projections);
  const targets = asked ?? [...new Set(all.flatMap(([module, name]) => (layers.has(name) ? [lastPart(module)] : [])))];
  check(
    Array.isArray(targets) && targets.length > 0,
    `${where}: lora.targets must be names of modules`,
    targets,
    "object",
  );
  for (const target of targets)
    check(
      typeof target === "string" && all.some(([module]) => isAt(target, module)),
      `${where}: lora.targets must each be the end of a module's name, such as ${[...new Set(all.map(([module]) => lastPart(module)))].join(", ")}`,
      target,
      "string",
    );
  return { rank, alpha, targets, modules: new Map(all.filter(([module]) => targets.some((end) => isAt(end, module)))) };
};

/** The shapes of A and B for every adapted module, by their names in the adapter's file. */
export const loraShapes = (
  { rank, modules }: Lora,
  { tensors }: Decoder,
): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(
    [...modules].flatMap(([module, name]) => {
      const [out, inner] = tensors[name] as readonly [number, number];
      return [
        [adapterTensor(module, "A"), [rank, inner]],
        [adapterTensor(module, "B"), [out, rank]],
      ] as const;
    }),
  );

/** A and B before the first step, by their names in the adapter's file. The same seed gives the same matrices. */
export const startLora = (lora: Lora, decoder: Decoder, seed: number): Parameters => {
  const random = xoroshiro128plus(seed);
  const shapes = loraShapes(lora, decoder);
  const matrices: [string, Parameter][] = [];
  for (const module of lora.modules.keys()) {
    const [a, b] = [adapterTensor(module, "A"), adapterTensor(module, "B")];
    const bound = 1 / Math.sqrt(shapes[a]![1]!);
    const data = Float32Array.from({ length: sizeOf(shapes[a]!) }, () => bound * (2 * uniformFloat64(random) - 1));
    matrices.push(
      [a, { dims: shapes[a]!, data }],
      [b, { dims: shapes[b]!, data: new Float32Array(sizeOf(shapes[b]!)) }],
    );
  }
  return Object.fromEntries(matrices);
};

/** The checkpoint's weights in the form that the backend runs, with the adapters that are learned beside them. */
export const frozenBeside = async (
  { rank, alpha, modules }: Lora,
  checkpoint: Checkpoint,
  backend: LanguageModel["backend"],
): Promise<Frozen> => {
  const source = await prepareCheckpoint(backend, checkpoint);
  const adapters = new Map(
    [...modules].map(([module, name]): readonly [string, LearnedLowRank] => [
      name,
      { rank, scale: alpha / rank, a: adapterTensor(module, "A"), b: adapterTensor(module, "B") },
    ]),
  );
  return { source, adapters, files: source.files.map(({ external }) => external) };
};
