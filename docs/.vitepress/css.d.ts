/** Styles are Vite's. */
declare module "*.css";
