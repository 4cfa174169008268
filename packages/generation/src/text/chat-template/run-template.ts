/**
 * Runs a template within its budget, with the interpreter of Jinja's library. Each step is counted, and each operation is paid for before it is
 * done. An operand that is evaluated to find its cost is handed on as a value, so that nothing is evaluated twice.
 */
import { Environment, Interpreter } from "@huggingface/jinja";
import { TemplateLimit, type Budget } from "./budget.ts";
import { addGlobals } from "./globals.ts";
import { filterCost, methodCost, spendOperator } from "./costs.ts";
import { checkJoined, stripped } from "./python.ts";
import { nodesIn, writtenNodes, type Node, type Program, type Statement } from "./program.ts";
import { isContainer, isText, lengthOf, spendWhole, type Value } from "./values.ts";

/** How deep expressions may be nested. */
const mostDepth = 300;
/** The cost of a step; of a pass of a loop, which makes a scope and a `loop` object; and of a `break`, which is an exception. */
const [step, pass, jump] = [20, 100, 500];

type Evaluate = (node: Statement | undefined, scope: Environment) => Value;

/** A node for a value that is already evaluated. */
const done = (value: Value): Statement => ({ type: "Done", value }) as unknown as Statement;
const changed = (node: Node, parts: Readonly<Record<string, unknown>>): Statement =>
  ({ ...node, ...parts }) as unknown as Statement;
const nodeOf = (value: unknown): Node => value as Node;

/** The arguments of a filter, evaluated: as nodes, and as values. */
const evaluated = (args: readonly Node[], evaluate: (node: Node) => Value) => {
  const values: Value[] = [];
  const take = (node: unknown): Statement => {
    const value = evaluate(nodeOf(node));
    values.push(...(Array.isArray(value.value) ? (value.value as readonly Value[]) : [value]));
    return done(value);
  };
  const nodes = args.map((arg) => {
    if (arg.type === "KeywordArgumentExpression") return changed(arg, { value: take(arg["value"]) });
    if (arg.type === "SpreadExpression" || arg.type === "KeywordSpreadExpression")
      return changed(arg, { argument: take(arg["argument"]) });
    return take(arg);
  });
  return { nodes, values };
};

/** The method, paid for when it is called. */
const guarded = (budget: Budget, method: Value, name: string, of: Value, text: (value: string) => Value): Value => {
  const run = method.value as (args: readonly Value[], scope: Environment) => Value;
  const value: typeof run = (args, scope) => {
    methodCost(name)(budget, of, args);
    const without = stripped(name, of, args);
    return without === undefined ? run(args, scope) : text(without);
  };
  return Object.create(method, { value: { value } }) as Value;
};

/**
 * Runs a template.
 *
 * @param items - the values that the template knows by name
 * @throws TemplateLimit where the budget does not suffice; whatever the template throws
 */
export const runTemplate = (budget: Budget, program: Program, items: Readonly<Record<string, unknown>>): string => {
  const { spend } = budget;
  const scope = new Environment();
  addGlobals(scope, budget);
  for (const [name, value] of Object.entries(items)) scope.set(name, value);
  const interpreter = new Interpreter(scope);
  const own: Evaluate = interpreter.evaluate.bind(interpreter);
  const nothing = own(undefined, scope);
  // The library gives undefined for `first` of an empty list.
  const inner: Evaluate = (node, at) => (own(node, at) as Value | undefined) ?? nothing;
  const text = (value: string): Value => inner({ type: "StringLiteral", value } as unknown as Statement, scope);
  const written = writtenNodes(program);
  const sizes = new WeakMap<object, number>();
  const sizeOf = (node: Node): number => {
    const size = sizes.get(node) ?? nodesIn(node);
    sizes.set(node, size);
    return size;
  };
  let depth = 0;

  /** Pays for the result of an operation by its length. */
  const paid = (value: Value): Value => {
    spend((isContainer(value) ? 2 : 1) * lengthOf(value));
    return value;
  };

  const filter = (node: Node, operand: Value, at: Environment): Value => {
    const called = nodeOf(node["filter"]);
    const name = String(nodeOf(called["callee"] ?? called)["value"]);
    const of = changed(node, { type: "FilterExpression", operand: done(operand) });
    if (called.type !== "CallExpression") {
      filterCost(name)(budget, operand, []);
      return paid(inner(of, at));
    }
    const args = called["args"] as readonly Node[];
    // These two filters take literals only.
    if (name === "selectattr" || name === "rejectattr") {
      filterCost(name)(budget, operand, args as unknown as readonly Value[]);
      return paid(inner(of, at));
    }
    const { nodes, values } = evaluated(args, (arg) => evaluate(arg, at));
    filterCost(name)(budget, operand, values);
    return paid(inner(changed(of as Node, { filter: changed(called, { args: nodes }) }), at));
  };

  /** How nodes are evaluated, by type. Other types cost only their steps. */
  const rows: Readonly<Record<string, (node: Node, at: Environment) => Value>> = {
    Done: ({ value }) => value as Value,
    Identifier: ({ value: name }, at) => {
      for (let here: Environment | undefined = at; here; here = here.parent) {
        const value = here.variables.get(name as string);
        if (value !== undefined) return value;
      }
      return nothing;
    },
    FilterExpression: (node, at) => filter(node, evaluate(nodeOf(node["operand"]), at), at),
    FilterStatement: (node, at) => filter(node, evaluate(changed(node, { type: "Program" }), at), at),
    BinaryExpression: (node, at) => {
      const operator = String((node["operator"] as { readonly value: unknown }).value);
      if (operator === "and" || operator === "or") return inner(node, at);
      const left = evaluate(nodeOf(node["left"]), at);
      const right = evaluate(nodeOf(node["right"]), at);
      checkJoined(operator, left, right);
      spendOperator(budget, operator, left, right);
      return paid(inner(changed(node, { left: done(left), right: done(right) }), at));
    },
    TestExpression: (node, at) => {
      const operand = evaluate(nodeOf(node["operand"]), at);
      if (isText(operand)) spend(lengthOf(operand));
      return inner(changed(node, { operand: done(operand) }), at);
    },
    CallExpression: (node, at) => paid(inner(node, at)),
    MemberExpression: (node, at) => {
      const object = evaluate(nodeOf(node["object"]), at);
      const property = nodeOf(node["property"]);
      const slices = node["computed"] === true && property.type === "SliceExpression";
      if (slices) spend(2 * lengthOf(object));
      // The methods of a text are made again for each text.
      if (isText(object)) spend(step);
      if (slices || node["computed"] !== true) {
        const value = inner(changed(node, { object: done(object) }), at);
        return value.type === "FunctionValue" ? guarded(budget, value, String(property["value"]), object, text) : value;
      }
      const name = evaluate(property, at);
      const value = inner(changed(node, { object: done(object), property: done(name) }), at);
      return value.type === "FunctionValue" ? guarded(budget, value, String(name.value), object, text) : value;
    },
    For: (node, at) => {
      const iterable = nodeOf(node["iterable"]);
      const selects = iterable.type === "SelectExpression";
      const value = evaluate(nodeOf(selects ? iterable["lhs"] : iterable), at);
      // As in Jinja, a loop over an undefined value has no passes.
      const passes =
        value.type === "UndefinedValue" ? inner(changed(node, { type: "ArrayLiteral", value: [] }), at) : value;
      spend(pass * lengthOf(passes));
      return inner(changed(node, { iterable: selects ? changed(iterable, { lhs: done(passes) }) : done(passes) }), at);
    },
    Macro: (node, at) => {
      spend(sizeOf(node));
      return inner(node, at);
    },
    CallStatement: (node, at) => {
      spend(sizeOf(node));
      return inner(node, at);
    },
    Break: (node, at) => {
      spend(jump);
      return inner(node, at);
    },
    Continue: (node, at) => {
      spend(jump);
      return inner(node, at);
    },
  };

  const evaluate: Evaluate = (node, at) => {
    if (node === undefined) return nothing;
    const { type } = node as Node;
    spend(step);
    depth += 1;
    if (depth > mostDepth) throw new TemplateLimit(`must be nested at most ${mostDepth} deep where it runs`);
    try {
      const row = Object.hasOwn(rows, type) ? rows[type]! : inner;
      const value = row(node as Node, at);
      if (written.has(node)) {
        if (isContainer(value)) spend(6 * spendWhole(budget, value).weight);
        else spend(lengthOf(value));
      }
      return value;
    } finally {
      depth -= 1;
    }
  };
  interpreter.evaluate = evaluate;
  return String(evaluate(program, scope).value);
};
