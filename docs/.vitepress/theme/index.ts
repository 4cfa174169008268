import type { Theme } from "vitepress";
import DefaultTheme from "vitepress/theme";
import { Figure } from "./figure.ts";
import { LiveMatrix } from "./live-matrix.ts";
import "./style.css";

const theme: Theme = {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => {
    app.component("LiveMatrix", LiveMatrix);
    app.component("Figure", Figure);
  },
};

export default theme;
