export default import.meta.glob(['../*/locales/de.json', '!../meeting/**'], { eager: true, import: 'default' });
