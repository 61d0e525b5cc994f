/** Lint rules: every strict family, plus our own dangers, each with its reason. */
import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

import { literalText } from './scripts/literal-text.mjs';

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'src/wire/validators.*', 'src/wire/types.ts'] },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      // Numbers in template strings are what ids, sizes and styles are made of.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `() => setOpen(true)` is the ordinary way to write a handler.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // React calls an async handler and needs nothing of its promise; refusals are caught inside.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
    },
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    rules: {
      // What is printed may hold names or text.
      'no-console': 'error',
      'no-eval': 'error',
    },
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    ignores: ['src/doors/**', 'src/sw/sw.worker.ts', 'src/**/*.test.ts'],
    rules: {
      // Every connection goes out through doors/, where replies are validated; the service worker fetches the client's own files.
      'no-restricted-globals': [
        'error',
        ...['fetch', 'WebSocket', 'XMLHttpRequest', 'EventSource'].map((name) => ({ name, message: 'Only web/src/doors connects.' })),
      ],
    },
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    ignores: ['src/app/preferences.ts', 'src/meeting/**', 'src/**/*.test.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        // Nothing of persons or content stays in localStorage; preferences.ts names the few things that may.
        { selector: 'Identifier[name=/^(localStorage|sessionStorage)$/]', message: 'Only app/preferences.ts uses web storage.' },
        { selector: 'JSXAttribute[name.name="dangerouslySetInnerHTML"]', message: 'Content becomes text nodes, never HTML.' },
        { selector: 'MemberExpression[property.name=/^(innerHTML|outerHTML)$/]', message: 'Content becomes text nodes, never HTML.' },
      ],
    },
  },
  {
    files: ['src/**/*.tsx'],
    extends: [jsxA11y.flatConfigs.strict, reactHooks.configs.flat['recommended-latest']],
    plugins: { samrum: { rules: { 'literal-text': literalText } } },
    rules: {
      'samrum/literal-text': 'error',
      // Speaks for the React Compiler, which we do not run: the virtual list is measured anew at each render on purpose.
      'react-hooks/incompatible-library': 'off',
      // Focus goes where a person who just opened a dialog, a panel or the sign-in goes on (ARIA dialog pattern).
      'jsx-a11y/no-autofocus': 'off',
      // Escape closes the panel from anywhere in it. Arrow keys go through the messages of a log, and what can be done with one shows
      // while it has the focus (ARIA feed pattern).
      'jsx-a11y/no-noninteractive-element-interactions': ['error', { aside: ['onKeyDownCapture'], div: ['onKeyDown', 'onFocus', 'onBlur'], article: ['onFocus', 'onBlur'] }],
      // A log of messages and a list of rooms scroll by keyboard, so they take focus (WCAG 2.1.1).
      'jsx-a11y/no-noninteractive-tabindex': ['error', { roles: ['log', 'region'], tags: [] }],
    },
  },
);
