/** Elements in a line each. */

type Child = Node | string | undefined | false;

type Props = Readonly<Record<string, unknown>>;

/** An element with its properties, attributes where the name has a dash or is one of ARIA's, and listeners. */
export const el = <Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value as EventListener);
    else if (name in element && !name.includes("-")) Object.assign(element, { [name]: value });
    else element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child): child is Node | string => child !== undefined && child !== false));
  return element;
};

export const option = (value: string, text: string): HTMLOptionElement => el("option", { value }, text);

let names = 0;

export const uniqueId = (): string => `e${(names += 1)}`;

/** A control with its label above it. */
export const field = (label: string, control: HTMLElement, ...more: readonly Child[]): HTMLElement => {
  control.id ||= uniqueId();
  return el("div", { className: "field" }, el("label", { htmlFor: control.id }, label), control, ...more);
};

/** A list of names and values, whose values can change. */
export const facts = <Name extends string>(
  names_: Readonly<Record<Name, string>>,
): { readonly element: HTMLElement; readonly set: (name: Name, value: string, kind?: string) => void } => {
  const values = {} as Record<Name, HTMLElement>;
  const list = el("dl", { className: "facts" });
  for (const [name, label] of Object.entries<string>(names_)) {
    const value = el("dd", {}, "–");
    values[name as Name] = value;
    list.append(el("div", {}, el("dt", {}, label), value));
  }
  return {
    element: list,
    set: (name, value, kind = "") => {
      values[name].textContent = value;
      values[name].className = kind;
    },
  };
};

/** Calls once a frame at most, with what holds then. */
export const onFrame = (act: () => void): (() => void) => {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      act();
    });
  };
};

export const isDark = (): boolean => matchMedia("(prefers-color-scheme: dark)").matches;
