/**
 * Documents as samples:
 *
 *   each   a document is a sample, shorter ones are filled up with what is not learned
 *   pack   documents stand one behind another, each with its own beginning, and a sample is the next `seqLen` tokens of them all: a
 *          document is seen from the one behind it, none is cut off, and the last sample is what is left
 */
import { check } from "@ropewalk/check";
import { ignoredLabel } from "@ropewalk/decoder/training";
import { learnedOf, type Sample } from "./fit-samples.ts";
import type { Document } from "./tokenize-document.ts";
import type { Data, DataConfig } from "./read-data.ts";

type Arranged = Omit<Data, "learned" | "longest">;

export const arrangeEach = (
  documents: Iterable<Document>,
  { seqLen, longer = "refuse", samples: most = Infinity }: DataConfig,
): Arranged => {
  const samples: Sample[] = [];
  const tooLong: Document[] = [];
  let [count, leftOut, cut] = [0, 0, 0];
  for (const document of documents) {
    if (samples.length >= most) break;
    count += 1;
    const { at, ids, labels } = document;
    check(learnedOf(document) > 0, `${at} must have a token to learn behind its first`, undefined);
    if (ids.length <= seqLen) {
      samples.push({ ids, labels });
      continue;
    }
    tooLong.push(document);
    const sample = { ids: ids.slice(0, seqLen), labels: labels.slice(0, seqLen) };
    if (longer === "cut" && learnedOf(sample) > 0) {
      samples.push(sample);
      cut += 1;
    } else leftOut += 1;
  }
  const [first] = tooLong;
  if (first !== undefined && longer === "refuse")
    throw new RangeError(
      `${first.at} must have at most ${seqLen} tokens, got ${first.ids.length}; ${tooLong.length} of ${count} documents are longer: ` +
        'longer: "cut" cuts their ends off, "leave-out" leaves them out',
    );
  return { samples, documents: count, cut, leftOut };
};

export const arrangePack = (
  documents: Iterable<Document>,
  { seqLen, longer, samples: most = Infinity }: DataConfig,
): Arranged => {
  check(
    longer === undefined,
    `readData: longer must be absent where documents are packed, of which none is cut off`,
    longer,
  );
  const samples: Sample[] = [];
  let [ids, labels]: [number[], number[]] = [[], []];
  let [count, leftOut] = [0, 0];
  const close = (): void => {
    if (learnedOf({ ids, labels }) > 0) samples.push({ ids, labels });
    else leftOut += 1;
    [ids, labels] = [[], []];
  };
  for (const document of documents) {
    if (samples.length >= most) break;
    count += 1;
    for (const [at, id] of document.ids.entries()) {
      // A document's first token is foretold by nothing of its own.
      labels.push(at === 0 ? ignoredLabel : document.labels[at]!);
      ids.push(id);
      if (ids.length === seqLen) close();
      if (samples.length >= most) break;
    }
  }
  if (ids.length > 0 && samples.length < most) close();
  return { samples, documents: count, cut: 0, leftOut };
};
