/**
 * A task that no package has: a key of five digits stands in the first sentence, and each digit that the answer has in its place counts.
 *
 *   score = digits in their place / 5
 */
import type { Task } from "@ropewalk/evals";

const sentences = [
  "the sky is blue as before . ",
  "our house remains soft again . ",
  "the old man seemed green in the morning . ",
];

const task: Task = {
  name: "first sentence",
  maxNewTokens: 5,
  samples: ({ codec, length, samples, seed }) =>
    Array.from({ length: samples }, (_, index) => {
      const key = [...String((97 * (seed + index) ** 2) % 100_000).padStart(5, "0")].join(" ");
      const prompt = (count: number): string =>
        `the pass key is ${key} . remember it . ${key} is the pass key . ` +
        Array.from({ length: count }, (_, at) => sentences[(at * at + index) % 3]).join("") +
        "what is the pass key ? the pass key is";
      let count = 0;
      while (codec.encode(prompt(count + 1)).length + 5 <= length) count++;
      return { prompt: prompt(count), answers: [key] };
    }),
  score: (answer, { answers: [key] }) => {
    const said = answer.trim().split(" ");
    return key!.split(" ").filter((digit, place) => digit === said[place]).length / 5;
  },
};

export default task;
