/** Checks that the right answers are in the language that the metric is made for. */
import { show } from "@ropewalk/check";
import { metrics, type MetricName } from "./metric.ts";

/** The number of letters in a text, and how many of them are Chinese characters. */
const lettersOf = (text: string): { readonly all: number; readonly han: number } => ({
  all: text.match(/\p{L}/gu)?.length ?? 0,
  han: text.match(/\p{Script=Han}/gu)?.length ?? 0,
});

/** The language of the answers that have letters; numbers have none. */
const scriptsOf = (answers: readonly string[]): "all Chinese" | "some Chinese" | "no Chinese" | "no letters" => {
  const letters = answers.map(lettersOf).filter(({ all }) => all > 0);
  if (letters.length === 0) return "no letters";
  if (letters.every(({ all, han }) => 2 * han > all)) return "all Chinese";
  return letters.some(({ han }) => han > 0) ? "some Chinese" : "no Chinese";
};

export type Judged = {
  readonly dataset: string;
  /** Where the answers stand, for messages. */
  readonly at: string;
  readonly metric: MetricName;
  readonly answers: readonly string[];
  /** The language that the data states. */
  readonly language?: string | undefined;
};

const names = { en: "English", zh: "Chinese" } as const;

const refuse = (where: string, { at, dataset, metric, answers }: Judged, got: string): never => {
  throw new RangeError(
    `${where}: ${at}: answers must be ${names[metrics[metric].language!]} for ${metric}, the metric of ${dataset}, got ${got}, ${show(answers[0])}`,
  );
};

/**
 * An English metric refuses a line whose answers are all Chinese. A Chinese metric refuses a dataset without any Chinese answer; single
 * answers may be names or numbers in any script. The language that a line states must fit as well.
 *
 * @throws RangeError that names the first line, the metric and the answer
 */
export const checkLanguages = (where: string, samples: readonly Judged[]): void => {
  const foreign = new Map<string, Judged>();
  const chinese = new Set<string>();
  for (const sample of samples) {
    const { dataset, metric, answers, language: stated } = sample;
    const { language } = metrics[metric];
    if (language === undefined) continue;
    if ((stated === "en" || stated === "zh") && stated !== language)
      refuse(where, sample, `a line whose language is ${names[stated]}`);
    const scripts = scriptsOf(answers);
    if (language === "en" && scripts === "all Chinese") refuse(where, sample, "Chinese");
    if (language === "en") continue;
    if (scripts === "no Chinese" && !foreign.has(dataset)) foreign.set(dataset, sample);
    if (scripts === "all Chinese" || scripts === "some Chinese") chinese.add(dataset);
  }
  for (const [dataset, sample] of foreign) if (!chinese.has(dataset)) refuse(where, sample, "no Chinese");
};
