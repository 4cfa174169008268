/** Rules for the parameters of evaluations over files of samples: names of files, and a part of the samples. */
import { check, checkKeys, checkList, positive, whole, type Rule } from "@ropewalk/check";

/** One of `of` parts: the samples whose index leaves the remainder `index`. */
export type SamplePart = { readonly index: number; readonly of: number };

export const aText: Rule = (where, name, value) =>
  check(typeof value === "string", `${where}: ${name} must be text`, value, "string");

/** A text that is not empty. */
export const aName: Rule = (where, name, value) =>
  check(typeof value === "string" && value !== "", `${where}: ${name} must be text`, value, "string");

export const names: Rule = (where, name, value) => {
  checkList(where, name, value);
  (value as readonly unknown[]).forEach((each, index) => aName(where, `${name}[${index}]`, each));
};

export const aPart: Rule = (where, name, value) => {
  const { index, of } = checkKeys<SamplePart>(where, name, value as SamplePart, { index: whole, of: positive });
  check(index < of, `${where}: ${name}.index must be below ${of}`, index);
};

export const partOf = <Sample>(samples: readonly Sample[], part: SamplePart | undefined): readonly Sample[] =>
  part ? samples.filter((_, index) => index % part.of === part.index) : samples;
