export default import.meta.glob(['../*/locales/sv.json', '!../meeting/**'], { eager: true, import: 'default' });
