/** Lua sources and example programs are bundled as text (esbuild `--loader:.lua=text`; a plugin of two lines in vitest). */
declare module "*.lua" {
  const source: string;
  export default source;
}

declare module "*.example" {
  const source: string;
  export default source;
}
