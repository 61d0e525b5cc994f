export default import.meta.glob(['../*/locales/de.json', '!../{meeting,flows,emoji,search,calls,notices}/**'], { eager: true, import: 'default' });
