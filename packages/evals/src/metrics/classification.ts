/**
 * Classification as LongBench scores it: which of the classes a prediction names.
 *
 *   named   the classes that occur in the prediction, in their order. A class whose name is a part of the truth's name is left out,
 *           unless it is the truth
 *   score   1 / (number of named classes) if the truth is among them, else 0
 *
 * If two neighbours in `named` are both parts of the truth's name, the second stays in, because LongBench's definition skips it.
 */

const namedIn = (prediction: string, truth: string, classes: readonly string[]): readonly string[] => {
  const named = classes.filter((name) => prediction.includes(name));
  for (let index = 0; index < named.length; index++) {
    const name = named[index]!;
    if (truth.includes(name) && name !== truth) named.splice(named.indexOf(name), 1);
  }
  return named;
};

/** 0 to 1. */
export const classification = (classes: readonly string[], prediction: string, truth: string): number => {
  const named = namedIn(prediction, truth, classes);
  return named.includes(truth) ? 1 / named.length : 0;
};
