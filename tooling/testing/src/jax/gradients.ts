/** Loss and gradients of a Llama by jax-js, from the same plain arrays that the project's are taken from. */
import { blockUntilReady, DType, jit, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
import { attentionNumbers } from "./attention.ts";
import { jaxLoss, type JaxLlama, type JaxTokens, type JaxWeights } from "./llama.ts";

export type Tensors = Readonly<Record<string, { readonly dims: readonly number[]; readonly data: Float32Array }>>;
type Rows = readonly (readonly number[])[];

/** The token behind each, and 1 / (number of those that are learned) where it is: a label of -100 is not. */
const tokensOf = (ids: Rows, labels: Rows, dtype: DType): JaxTokens => {
  const next = labels.flatMap((row) => [...row.slice(1), -100]);
  const count = next.filter((label) => label >= 0).length;
  const targets = Int32Array.from(next, (label) => Math.max(0, label));
  const counts = Float64Array.from(next, (label) => (label >= 0 ? 1 / count : 0));
  return {
    ids: np.array(Int32Array.from(ids.flat())),
    targets: np.array(targets, { shape: [next.length, 1] }),
    counts: np.array(counts, { shape: [next.length, 1] }).astype(dtype),
  };
};

export type JaxStep = {
  /** Runs forward and backward, waits for both, and gives the loss; the gradients stay where they were computed. */
  readonly run: () => Promise<number>;
  /** The same, with gradients by the weights' names. */
  readonly gradients: () => Promise<{
    readonly loss: number;
    readonly gradients: Readonly<Record<string, Float32Array | Float64Array>>;
  }>;
};

/** A step over one batch, its arrays already where jax-js computes, its function compiled at the first run. */
export const jaxStep = (
  llama: JaxLlama,
  tensors: Tensors,
  ids: Rows,
  labels: Rows,
  dtype: DType = DType.Float32,
): JaxStep => {
  const weights: JaxWeights = Object.fromEntries(
    Object.entries(tensors).map(([name, { dims, data }]) => [
      name,
      np.array(new Float32Array(data), { shape: [...dims] }).astype(dtype),
    ]),
  );
  const seqLen = ids[0]!.length;
  const numbers = attentionNumbers(llama, seqLen, dtype);
  const tokens = tokensOf(ids, labels, dtype);
  const step = jit(valueAndGrad(jaxLoss(llama, seqLen)));
  const both = async () => {
    const [loss, gradients] = step(tree.ref(weights), tree.ref(numbers), tree.ref(tokens));
    await blockUntilReady(gradients);
    const [value] = await loss.data();
    return { loss: Number(value), gradients };
  };
  return {
    run: async () => {
      const { loss, gradients } = await both();
      tree.dispose(gradients);
      return loss;
    },
    gradients: async () => {
      const { loss, gradients } = await both();
      const read = Object.entries(gradients).map(
        async ([name, gradient]) => [name, (await gradient.data()) as Float32Array | Float64Array] as const,
      );
      return { loss, gradients: Object.fromEntries(await Promise.all(read)) };
    },
  };
};
