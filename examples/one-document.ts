/** A document is read once; questions are asked behind it, and it is continued with more text. */
import { cpu } from "@ropewalk/backend-node";
import { compose, logN, selfExtend } from "@ropewalk/context-extension";
import { loadModel, type Prefix } from "@ropewalk/generation";
import { passkey875k } from "@ropewalk/tiny-models";

const filler = "the sky is blue today . a bird was quiet near the sea . our house remains warm at night . ";
const hidden = "the pass key is 3 1 4 1 5 . remember it . 3 1 4 1 5 is the pass key . ";

const extension = compose(selfExtend({ groupSize: 20, window: 64 }), logN({ trainedContext: 256 }));
const model = await loadModel(passkey875k.url, { backend: cpu(), extension });

const ask = async (document: Prefix, question: string): Promise<void> => {
  let answer = "";
  let read = "";
  const run = model.generate(question, {
    after: document,
    maxNewTokens: 5,
    onDone: ({ promptTokens, cachedTokens }) => (read = `${promptTokens - cachedTokens} of ${promptTokens} tokens run`),
  });
  for await (const text of run) answer += text;
  console.log(`${question} ${answer} (${read})`);
};

const document = await model.read(filler.repeat(20) + hidden + filler.repeat(40));
await ask(document, "what is the pass key ? the pass key is");
await ask(document, "remember it . what is the pass key ? the pass key is");
const longer = await document.extend(filler.repeat(20));
document.release();
await ask(longer, "what is the pass key ? the pass key is");
await model.release();
