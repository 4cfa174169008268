/** A model of transformers.js, plain and extended: a key is hidden in a text of five times the window. */
import { env, pipeline } from "@huggingface/transformers";
import { compose, extendModels, logN, selfExtend } from "@ropewalk/transformers-js";

const name = process.argv[2]!;
env.localModelPath = process.cwd();
env.allowRemoteModels = false;

const filler = ["the sky is blue today .", "a bird was quiet near the sea .", "our house remains warm at night ."].join(
  " ",
);
const hidden = "the pass key is 3 1 4 1 5 . remember it . 3 1 4 1 5 is the pass key .";
const text = [
  ...Array(20).fill(filler),
  hidden,
  ...Array(40).fill(filler),
  "what is the pass key ? the pass key is",
].join(" ");

const ask = async (): Promise<string> => {
  const generator = await pipeline("text-generation", name, { dtype: "fp32" });
  const options = { max_new_tokens: 5, do_sample: false, return_full_text: false };
  const [answer] = (await generator(text, options)) as unknown as readonly { readonly generated_text: string }[];
  await generator.dispose();
  return answer!.generated_text.trim();
};

console.log("plain:", await ask());
const extension = compose(selfExtend({ groupSize: 10, window: 64 }), logN({ trainedContext: 256 }));
const undo = extendModels(env, { extension });
console.log("extended:", await ask());
await undo();
