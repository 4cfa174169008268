/** The table of the house as docs/design.md shows it: floors from the top, their rooms, and what each room may import. */
import { floors, house, type Room } from "./house.ts";

const short = (name: string): string => `\`${name.replace("@ropewalk/", "")}\``;

const roomsOf = (floor: number): readonly string[] =>
  Object.keys(house).filter((name) => house[name]!.floor === floor && name !== "@ropewalk/check");

/** Numbers that rise, runs of three and more by their ends: 2, 3, 5 to 8. */
const ranges = (numbers: readonly number[]): string => {
  const runs: number[][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && last.at(-1) === number - 1) last.push(number);
    else runs.push([number]);
  }
  return runs.map((run) => (run.length < 3 ? run.join(", ") : `${run[0]} to ${run.at(-1)}`)).join(", ");
};

/** Rooms in words: a floor where all of its rooms are among them, else their names. `check` goes without saying. */
const inWords = (rooms: readonly string[]): string => {
  const whole = floors.map((_, floor) => floor).filter((floor) => roomsOf(floor).every((name) => rooms.includes(name)));
  const single = rooms.filter((name) => name !== "@ropewalk/check" && !whole.includes(house[name]!.floor));
  const numbered = whole.length === 0 ? [] : [`${whole.length === 1 ? "floor" : "floors"} ${ranges(whole)}`];
  return [...single.map(short), ...numbered].join(", ");
};

const allowanceOf = ({ rooms, roomsOfOnnx = [] }: Room): string =>
  [inWords(rooms), roomsOfOnnx.length === 0 ? "" : `${inWords(roomsOfOnnx)} behind \`./onnx\``]
    .filter((part) => part !== "")
    .join("; ") || "nothing";

const rowOf = (floor: number): string => {
  const rooms = Object.keys(house).filter((name) => house[name]!.floor === floor);
  const byAllowance = new Map<string, string[]>();
  for (const name of rooms) {
    const allowance = allowanceOf(house[name]!);
    byAllowance.set(allowance, [...(byAllowance.get(allowance) ?? []), name]);
  }
  const allowances = [...byAllowance].map(([allowance, names]) =>
    byAllowance.size === 1 ? allowance : `${names.map(short).join(", ")}: ${allowance}`,
  );
  return `| ${floor} | ${rooms.map(short).join(", ")} | ${floors[floor]} | ${allowances.join("<br>")} |`;
};

export const houseTable = (): string =>
  [
    "| floor | rooms | what lives there | may import, beside `check` |",
    "| --- | --- | --- | --- |",
    ...floors.map((_, floor) => rowOf(floors.length - 1 - floor)),
  ].join("\n");
