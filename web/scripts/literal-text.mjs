/** Lint rule: no words in JSX. Every string that a person may see or hear comes from a catalogue, in three languages. */

const WORDS = /\p{L}/u;
const SPOKEN = new Set(['aria-label', 'aria-description', 'aria-roledescription', 'alt', 'label', 'placeholder', 'title']);

export const literalText = {
  meta: { type: 'problem', schema: [], messages: { literal: 'Text belongs in a catalogue (t("…")): {{text}}' } },
  create(context) {
    const report = (node, value) => {
      if (typeof value === 'string' && WORDS.test(value)) {
        context.report({ node, messageId: 'literal', data: { text: value.trim().slice(0, 40) } });
      }
    };
    return {
      JSXText: (node) => report(node, node.value),
      JSXExpressionContainer(node) {
        if (node.parent.type === 'JSXElement' || node.parent.type === 'JSXFragment') report(node, node.expression.value);
      },
      JSXAttribute(node) {
        if (!SPOKEN.has(String(node.name.name)) || node.value === null) return;
        report(node, node.value.type === 'JSXExpressionContainer' ? node.value.expression.value : node.value.value);
      },
    };
  },
};
