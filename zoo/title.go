package zoo

// Title returns the title of the run.
func (r *Run) Title() string { return r.Species.TitleOf(r.Settings) }

// smoothingTitle returns the name of a smoothing as it appears in a title.
func smoothingTitle(name string) string {
	if title, ok := smoothings[name]; ok {
		return title
	}
	return name
}

// smoothings maps the names of smoothings to their titles, where these differ.
var smoothings = map[string]string{
	"mle": "maximum likelihood", "witten-bell": "Witten-Bell", "absolute": "absolute discounting",
	"kneser-ney": "Kneser-Ney", "modified-kneser-ney": "modified Kneser-Ney",
	"stupid-backoff": "stupid backoff", "arpa": "of an ARPA file",
}
