/** transformers.js by its own loop, in Node and in a browser. */
import { AutoModelForCausalLM, ones, Tensor, type PreTrainedModel } from "@huggingface/transformers";
import { runOf, type Engine } from "./workload.ts";

/**
 * @param name - of the model's folder under `env.localModelPath`
 * @param adapt - what is done with the model before it runs; absent: nothing
 */
export const transformersJs = async (
  name: string,
  {
    device,
    threads,
    adapt = (model) => model,
  }: {
    readonly device: "cpu" | "wasm";
    readonly threads: number;
    readonly adapt?: (model: PreTrainedModel) => PreTrainedModel;
  },
): Promise<Engine> => {
  const loaded = await AutoModelForCausalLM.from_pretrained(name, {
    // The file's name without a suffix: what precision is in it is the file's own affair.
    dtype: "fp32",
    device,
    session_options: { intraOpNumThreads: threads },
  });
  const model = adapt(loaded);
  return async ({ ids, newTokens }) => {
    const moments: number[] = [];
    const start = performance.now();
    const output = (await model.generate({
      inputs: new Tensor("int64", BigInt64Array.from(ids, BigInt), [1, ids.length]),
      attention_mask: ones([1, ids.length]),
      max_new_tokens: newTokens,
      do_sample: false,
      // The prompt comes first, then token after token.
      streamer: { put: () => moments.push(performance.now()), end: () => {} },
    } as never)) as Tensor;
    const tokens = Array.from(output.data as BigInt64Array, Number).slice(ids.length);
    return runOf(start, moments.slice(1), tokens);
  };
};
