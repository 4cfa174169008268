/** A document is read once, and a chain of LangChain asks questions behind it, with its own prompt and an answer that streams. */
import type { UsageMetadata } from "@langchain/core/messages";
import { StringOutputParser } from "@langchain/core/output_parsers";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { cpu } from "@ropewalk/backend-node";
import { compose, logN, selfExtend } from "@ropewalk/context-extension";
import { loadModel } from "@ropewalk/generation";
import { passkey875k } from "@ropewalk/tiny-models";
import { ChatRopewalk } from "./chat-ropewalk.ts";

const filler = ["the sky is blue today .", "a bird was quiet near the sea .", "our house remains warm at night ."].join(
  " ",
);
const hidden = "the pass key is 3 1 4 1 5 . remember it . 3 1 4 1 5 is the pass key .";
const text = [...Array(20).fill(filler), hidden, ...Array(40).fill(filler)].join(" ");

const extension = compose(selfExtend({ groupSize: 10, window: 64 }), logN({ trainedContext: 256 }));
const loaded = await loadModel(passkey875k.url, { backend: cpu(), extension });
const document = await loaded.read(text);
const model = new ChatRopewalk({
  model: loaded,
  options: { after: document, maxNewTokens: 5 },
  // This model was not tuned to chat: it continues a text.
  prompt: (messages) => messages.map(({ content }) => content as string).join(" "),
});

const question = ChatPromptTemplate.fromTemplate("what is the pass {thing} ? the pass {thing} is");
const chain = question.pipe(model).pipe(new StringOutputParser());
for await (const piece of await chain.stream({ thing: "key" })) process.stdout.write(piece);

const second = await model.invoke("the pass key is");
const { input_tokens: tokens, input_token_details: details } = second.usage_metadata as unknown as UsageMetadata;
console.log(`\nthe second question: ${tokens} tokens, ${details!.cache_read} of them read before`);
document.release();
await loaded.release();
