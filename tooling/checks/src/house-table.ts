/** The table of the house as docs/design.md shows it: floors from the top, their rooms, and what each room may import. */
import { floors, house, type Room } from "./house.ts";

const short = (name: string): string => `\`${name.replace("@ropewalk/", "")}\``;

const roomsOf = (floor: number): readonly string[] =>
  Object.keys(house).filter((name) => house[name]!.floor === floor && name !== "@ropewalk/check");

/** A floor by its name: what stands before the first sign in what lives there. */
const nameOf = (floor: number): string => floors[floor]!.split(/[:;]/)[0]!;

/**
 * Rooms in words: a floor's name where all of its rooms are among them, else their own names. `check` goes without saying.
 *
 * @param floor - of the room that may import them
 */
const inWords = (rooms: readonly string[], floor: number): string => {
  const whole = floors.map((_, at) => at).filter((at) => roomsOf(at).every((name) => rooms.includes(name)));
  if (floor > 0 && whole.length === floor) return "every floor below";
  const single = rooms.filter((name) => name !== "@ropewalk/check" && !whole.includes(house[name]!.floor));
  return [...single.map(short), ...whole.map(nameOf)].join(", ");
};

const allowanceOf = ({ floor, rooms, roomsOfOnnx = [] }: Room): string =>
  [inWords(rooms, floor), roomsOfOnnx.length === 0 ? "" : `${inWords(roomsOfOnnx, floor)} behind \`./onnx\``]
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
