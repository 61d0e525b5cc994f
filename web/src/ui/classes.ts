/** Class names of one CSS Module, by their names in its file; false ones are left out. */
export function classes(module: CSSModuleClasses): (...names: readonly (string | false | null | undefined)[]) => string {
  return (...names) =>
    names
      .filter((name) => typeof name === 'string')
      .map((name) => module[name] ?? name)
      .join(' ');
}
