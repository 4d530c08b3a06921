//! Owns the XML that AWS's Query API answers with: a small tree, so that a scripted fault can change one value of it.
//! It refuses to read XML.

use std::fmt::Write as _;

/// One element: a name, and text or children.
pub(super) struct Element {
    name: String,
    content: Content,
}

enum Content {
    Text(String),
    Children(Vec<Element>),
}

impl Element {
    /// Makes an element that holds text.
    pub(super) fn text(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), content: Content::Text(text.into()) }
    }

    /// Makes an element that holds other elements.
    pub(super) fn of(name: &str, children: Vec<Self>) -> Self {
        Self { name: name.to_owned(), content: Content::Children(children) }
    }

    /// Gives every element called `name` below this one the text `value`, or drops it where there is none.
    pub(super) fn replace(&mut self, name: &str, value: Option<&str>) {
        let Content::Children(children) = &mut self.content else { return };
        children.retain(|child| child.name != name || value.is_some());
        for child in children {
            match value {
                Some(value) if child.name == name => child.content = Content::Text(value.to_owned()),
                _ => child.replace(name, value),
            }
        }
    }

    /// Writes the element with `namespace` on it.
    pub(super) fn render(&self, namespace: &str) -> String {
        let mut xml = format!("<{} xmlns=\"{}\">", self.name, escape(namespace));
        self.render_content(&mut xml);
        let _ = writeln!(xml, "</{}>", self.name);
        xml
    }

    fn render_content(&self, xml: &mut String) {
        match &self.content {
            Content::Text(text) => xml.push_str(&escape(text)),
            Content::Children(children) => {
                for child in children {
                    let _ = write!(xml, "<{}>", child.name);
                    child.render_content(xml);
                    let _ = write!(xml, "</{}>", child.name);
                }
            }
        }
    }
}

/// Escapes text for an element or an attribute; control characters become references, so that a line break in a
/// value reaches the reader as it is.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            c if c.is_control() => {
                let _ = write!(escaped, "&#x{:X};", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped() {
        let element = Element::of("A", vec![Element::text("B", "<x> & \"y\" 'z'\r\n")]);
        assert_eq!(
            element.render("urn:n"),
            "<A xmlns=\"urn:n\"><B>&lt;x&gt; &amp; &quot;y&quot; &apos;z&apos;&#xD;&#xA;</B></A>\n"
        );
    }

    #[test]
    fn one_value_can_be_changed_or_dropped() {
        let tree = || Element::of("A", vec![Element::of("B", vec![Element::text("C", "1"), Element::text("D", "2")])]);
        let mut changed = tree();
        changed.replace("C", Some("x"));
        assert_eq!(changed.render("n"), "<A xmlns=\"n\"><B><C>x</C><D>2</D></B></A>\n");
        let mut dropped = tree();
        dropped.replace("C", None);
        assert_eq!(dropped.render("n"), "<A xmlns=\"n\"><B><D>2</D></B></A>\n");
    }
}
