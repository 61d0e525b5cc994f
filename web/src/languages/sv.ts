export default import.meta.glob('../*/locales/sv.json', { eager: true, import: 'default' });
