/** Reads questions over documents from files in the form of SQuAD's and HotpotQA's: each question's documents and right answers. */
import { check, show } from "@ropewalk/check";

export type DocumentShape = "squad" | "hotpotqa";

export type Question = {
  readonly question: string;
  /** Right answers. Any one of them is enough. */
  readonly answers: readonly string[];
  /** The documents that hold the answer. */
  readonly own: readonly string[];
  /** Further documents on the same topic. */
  readonly near: readonly string[];
};

export type Documents = { readonly questions: readonly Question[]; readonly all: readonly string[] };

type Fields = Readonly<Record<string, unknown>>;

/** Reads what is there, and says where something else stands. */
const readerOf = (where: string) => {
  const fails = (at: string, rule: string, got: unknown): TypeError =>
    new TypeError(`${where}: documents${at} must be ${rule}, got ${show(got)}`);
  return {
    text: (value: unknown, at: string): string => {
      if (typeof value !== "string") throw fails(at, "text", value);
      return value;
    },
    list: (value: unknown, at: string): readonly unknown[] => {
      if (!Array.isArray(value)) throw fails(at, "a list", value);
      return value;
    },
    fields: (value: unknown, at: string): Fields => {
      if (typeof value !== "object" || value === null || Array.isArray(value)) throw fails(at, "an object", value);
      return value as Fields;
    },
  };
};

type Reader = ReturnType<typeof readerOf>;

/** { data: [{ paragraphs: [{ context, qas: [{ question, answers: [{ text }], is_impossible? }] }] }] } */
const readSquad = ({ text, list, fields }: Reader, data: unknown): readonly Question[] =>
  list(fields(data, "")["data"], ".data").flatMap((entry, index) => {
    const at = `.data[${index}].paragraphs`;
    const paragraphs = list(fields(entry, `.data[${index}]`)["paragraphs"], at).map((paragraph, number) => ({
      at: `${at}[${number}]`,
      ...fields(paragraph, `${at}[${number}]`),
    })) as readonly (Fields & { readonly at: string })[];
    const contexts = paragraphs.map((paragraph) => text(paragraph["context"], `${paragraph.at}.context`));
    return paragraphs.flatMap((paragraph, number) =>
      list(paragraph["qas"], `${paragraph.at}.qas`).flatMap((given, place) => {
        const here = `${paragraph.at}.qas[${place}]`;
        const { question, answers, is_impossible: impossible } = fields(given, here);
        if (impossible === true) return [];
        const right = list(answers, `${here}.answers`).map((answer, turn) =>
          text(fields(answer, `${here}.answers[${turn}]`)["text"], `${here}.answers[${turn}].text`),
        );
        check(right.length > 0, `documents${here}.answers must hold at least 1`, 0);
        const own = [contexts[number]!];
        const near = [...new Set(contexts)].filter((context) => context !== own[0]);
        return [{ question: text(question, `${here}.question`), answers: right, own, near }];
      }),
    );
  });

/** [{ question, answer, context: [[title, [sentence, …]], …], supporting_facts?: [[title, number], …] }] */
const readHotpot = ({ text, list, fields }: Reader, data: unknown): readonly Question[] =>
  list(data, "").map((given, index) => {
    const at = `[${index}]`;
    const { question, answer, context, supporting_facts: facts } = fields(given, at);
    const documents = list(context, `${at}.context`).map((entry, number) => {
      const here = `${at}.context[${number}]`;
      const [title, sentences] = list(entry, here);
      const lines = list(sentences, `${here}[1]`).map((line, place) => text(line, `${here}[1][${place}]`));
      return { title: text(title, `${here}[0]`), document: `${String(title)}\n${lines.join("")}` };
    });
    check(documents.length > 0, `documents${at}.context must hold at least 1`, 0);
    const named =
      facts === undefined
        ? undefined
        : new Set(
            list(facts, `${at}.supporting_facts`).map(
              (fact, place) => list(fact, `${at}.supporting_facts[${place}]`)[0],
            ),
          );
    const isOwn = ({ title }: { readonly title: string }): boolean => named === undefined || named.has(title);
    const texts = (kept: typeof documents): readonly string[] => [...new Set(kept.map(({ document }) => document))];
    return {
      question: text(question, `${at}.question`),
      answers: [text(answer, `${at}.answer`)],
      own: texts(documents.filter(isOwn)),
      near: texts(documents.filter((each) => !isOwn(each))),
    };
  });

const readers: Readonly<Record<DocumentShape, (reader: Reader, data: unknown) => readonly Question[]>> = {
  squad: readSquad,
  hotpotqa: readHotpot,
};

/** The shapes' names in messages. */
export const shapeNames: Readonly<Record<DocumentShape, string>> = { squad: "SQuAD", hotpotqa: "HotpotQA" };

/** The shape of a file's data. The reader of that shape checks the fields. */
const shapeOf = (data: unknown): DocumentShape => (Array.isArray(data) ? "hotpotqa" : "squad");

const parsed = (where: string, source: string): unknown => {
  try {
    return JSON.parse(source);
  } catch (error) {
    throw new SyntaxError(`${where}: documents must be JSON, got ${(error as Error).message}`, { cause: error });
  }
};

/**
 * The shape of a file: an object is SQuAD's, a list is HotpotQA's.
 *
 * @throws SyntaxError when the text is not JSON
 */
export const documentShape = (where: string, source: string): DocumentShape => shapeOf(parsed(where, source));

/**
 * @param source - the file's text
 * @throws SyntaxError when it is no JSON, TypeError that names the place where something else stands, RangeError when it is of the
 *   other shape or asks nothing
 */
export const readDocuments = (where: string, source: string, shape: DocumentShape): Documents => {
  const data = parsed(where, source);
  const got = shapeOf(data);
  check(got === shape, `${where}: documents must have the shape of ${shapeNames[shape]}'s file`, shapeNames[got]);
  const questions = readers[shape](readerOf(where), data);
  check(questions.length > 0, `${where}: documents must hold at least 1 question with an answer`, 0);
  const all = [...new Set(questions.flatMap(({ own, near }) => [...own, ...near]))].sort();
  return { questions, all };
};
