// What is recorded is checked at the tape: the name of the operator, and the form of the call. A node that a runtime would refuse is
// refused at the line that records it.

import { closest, show } from "@ropewalk/check";
import type { Attribute } from "../model/attribute.ts";
import { formsOf, type Kind } from "../operators/forms.ts";
import { isOnnxName, onnxNames } from "../operators/operator-names.ts";
import { domainOf } from "../operators/table.ts";

const meant = (name: string, known: readonly string[]): string => {
  const instead = closest(name, known);
  return instead === undefined ? "" : `; ${instead} is meant?`;
};

/** Operators with graphs inside, and the functions of the tape that record those too. */
const recordedBy: Readonly<Record<string, string>> = { If: "branch", Loop: "loop", Scan: "scan" };

/** Throws RangeError for an operator with graphs inside, or one that ONNX's own domain does not have, and says which operator was likely meant. */
export const checkOperator = (at: string, domain: string, opType: string): void => {
  if (typeof opType !== "string")
    throw new TypeError(`${at}: opType must be the name of an operator, got ${show(opType)}`);
  if (typeof domain !== "string") throw new TypeError(`${at}: domain must be text, got ${show(domain)}`);
  if (domainOf(domain) !== "") return;
  if (Object.hasOwn(recordedBy, opType))
    throw new RangeError(
      `${at}: opType must be an operator without graphs inside, got "${opType}", which ${recordedBy[opType]} of the tape records`,
    );
  if (isOnnxName(opType)) return;
  throw new RangeError(
    `${at}: opType must be an operator of ONNX (for one of another domain the option domain names it), got ${show(opType)}${meant(opType, onnxNames)}`,
  );
};

const kindOf = (value: Attribute): Kind | "{ strings }" | "{ graph }" | undefined => {
  if (typeof value === "number") return "an integer";
  if (typeof value === "string") return "text";
  if (Array.isArray(value)) return "a list of integers";
  if (typeof value !== "object" || value === null) return undefined;
  const keys = ["float", "floats", "strings", "tensor", "graph"] as const;
  const key = keys.find((each) => each in value);
  return key && `{ ${key} }`;
};

const inWords = ([least, most]: readonly [number, number]): string => {
  if (least === most) return String(least);
  return most === Infinity ? `at least ${least}` : `from ${least} to ${most}`;
};

/**
 * Checks that a call has the number of inputs and outputs, and the attributes, that its operator takes. Operators without a form may
 * have any.
 *
 * @param at - begins the message
 */
export const checkForm = (
  at: string,
  domain: string,
  opType: string,
  inputs: readonly unknown[],
  attributes: Readonly<Record<string, Attribute>>,
  numOutputs: number,
): void => {
  if (!Array.isArray(inputs)) throw new TypeError(`${at}: inputs must be a list of values, got ${show(inputs)}`);
  if (typeof attributes !== "object" || attributes === null || Array.isArray(attributes))
    throw new TypeError(`${at}: attributes must be an object, got ${show(attributes)}`);
  const forms = formsOf.get(domainOf(domain));
  if (forms === undefined || !Object.hasOwn(forms, opType)) return;
  const form = forms[opType]!;
  const holds = ([least, most]: readonly [number, number], count: number): boolean => count >= least && count <= most;
  if (!holds(form.inputs, inputs.length))
    throw new RangeError(`${at}: inputs must be ${inWords(form.inputs)}, got ${inputs.length}`);
  if (!holds(form.outputs, numOutputs))
    throw new RangeError(`${at}: outputs must be ${inWords(form.outputs)}, got ${numOutputs}`);
  for (const [name, value] of Object.entries(attributes)) {
    const known = Object.keys(form.attributes);
    if (!known.includes(name))
      throw new TypeError(
        `${at}: attributes must ${known.length === 0 ? "be left out" : `have no keys but ${known.join(", ")}`}, got ${show(name)}${meant(name, known)}`,
      );
    const kind = kindOf(value);
    // A value of no kind is refused where the attribute is made.
    if (kind !== undefined && kind !== form.attributes[name])
      throw new TypeError(`${at}: attribute ${name} must be ${form.attributes[name]}, got ${show(value)}`);
  }
};
