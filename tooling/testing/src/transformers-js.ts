/** Models and pipelines of transformers.js, as a program that knows nothing of extensions calls them. */
import { AutoModelForCausalLM, Tensor, type PreTrainedModel } from "@huggingface/transformers";

type Options = Parameters<typeof AutoModelForCausalLM.from_pretrained>[1];

export const load = (name: string, options: Options = {}): Promise<PreTrainedModel> =>
  AutoModelForCausalLM.from_pretrained(name, {
    dtype: "fp32",
    device: "cpu",
    session_options: { intraOpNumThreads: 1, interOpNumThreads: 1 },
    ...options,
  });

/** The tokens after the prompt, the likeliest each. */
export const continued = async (
  model: PreTrainedModel,
  ids: readonly number[],
  maxNewTokens: number,
): Promise<readonly number[]> => {
  const inputs = new Tensor("int64", BigInt64Array.from(ids, BigInt), [1, ids.length]);
  const options = { inputs, max_new_tokens: maxNewTokens, do_sample: false, eos_token_id: null };
  const output = (await model.generate(options as never)) as Tensor;
  return Array.from(output.data as BigInt64Array, Number).slice(ids.length);
};
