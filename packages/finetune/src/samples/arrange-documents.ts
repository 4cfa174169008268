/**
 * Documents as samples:
 *
 *   each   every document is a sample
 *   pack   the documents follow one another, each with its own beginning-of-text token, and every `seqLen` tokens are a sample. No
 *          document is cut off, tokens see the documents before theirs in the sample, and the last sample has the rest
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
      // The token before belongs to another document, so it does not predict this one's first token.
      labels.push(at === 0 ? ignoredLabel : document.labels[at]!);
      ids.push(id);
      if (ids.length === seqLen) close();
      if (samples.length >= most) break;
    }
  }
  if (ids.length > 0 && samples.length < most) close();
  return { samples, documents: count, cut: 0, leftOut };
};
