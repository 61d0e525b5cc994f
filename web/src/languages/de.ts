export default import.meta.glob('../*/locales/de.json', { eager: true, import: 'default' });
