#!/usr/bin/env python3
"""Writes golden.json: what libxml2 says of XPath expressions.

    pip install lxml && python3 plugins/kit/template/xpath/testdata/golden.py

The expressions are those of golden.txt beside it, for each of the documents there, and as many that are made at random from a
fixed seed. A value is a text, a number (as a text), a boolean, or the list of a node set's texts in document order.

libxml2 departs from the recommendation in three things, which xpath_test.go tests instead: it leaves the content of an attribute's
own element out of what follows the attribute, it writes numbers with 15 digits only and some with exponents, and it rounds
0.49999999999999994 to 1. With other seeds (RANDOM_CASES=30000 SEED=1 TARGET=/tmp/golden.json) the first two show.
"""
import json
import math
import os
import random
import re

from lxml import etree

HERE = os.path.dirname(os.path.abspath(__file__))
NAMESPACES = {"s": "http://schemas.xmlsoap.org/soap/envelope/", "n": "urn:n", "m": "urn:m", "x": "urn:x",
              "xml": "http://www.w3.org/XML/1998/namespace"}
RANDOM = int(os.environ.get("RANDOM_CASES", "3000"))
SEED = int(os.environ.get("SEED", "15"))
TARGET = os.environ.get("TARGET", os.path.join(HERE, "golden.json"))


def read(path):
    documents, expressions = [], []
    for block in open(path, encoding="utf-8").read().split("\n\n"):
        lines = [line for line in block.split("\n") if not line.startswith("#")]
        if not lines:
            continue
        if lines[0].startswith("<"):
            documents.append("\n".join(lines).replace("\\t", "\t").replace("\\r", "\r"))
        else:
            expressions += [line for line in lines if line]
    return documents, expressions


def text(node):
    if isinstance(node, str):
        return str(node)
    if node.tag in (etree.Comment, etree.ProcessingInstruction):
        return node.text or ""
    return node.xpath("string(.)")


def value(tree, expression):
    result = tree.xpath(expression, namespaces=NAMESPACES, smart_strings=False)
    if isinstance(result, bool):
        return result
    if isinstance(result, float):
        if math.isnan(result):
            return {"number": "NaN"}
        if math.isinf(result):
            return {"number": "Infinity" if result > 0 else "-Infinity"}
        return {"number": repr(result)}
    if isinstance(result, str):
        return result
    return [text(node) for node in result]


class Maker:
    """Makes expressions of the names in a document."""

    def __init__(self, random, document):
        self.r = random
        self.names = sorted(set(re.findall(r"<([A-Za-z_][\w:.-]*)", document)))
        self.attributes = sorted(set(a for a in re.findall(r"\s([A-Za-z_][\w:.-]*)=", document) if not a.startswith("xmlns")))
        self.words = sorted(set(re.findall(r"[\w.-]+", document))) or ["x"]

    def pick(self, *choices):
        return self.r.choice(choices)

    def test(self, axis):
        if axis == "attribute":
            return self.pick("*", "node()", *self.attributes or ["a"])
        return self.pick("*", "*", "node()", "text()", "comment()", "processing-instruction()", "s:*", "n:*", *self.names, *self.names)

    def predicate(self, depth):
        return "[" + self.pick(
            lambda: str(self.r.randint(1, 3)), lambda: "last()", lambda: "position() %s %d" % (self.pick("<", ">", "=", "!="), self.r.randint(1, 3)),
            lambda: "last() - 1", lambda: self.boolean(depth), lambda: self.path(depth), lambda: "position() mod 2 = 1",
            lambda: "position() = last()", lambda: "count(" + self.path(depth) + ")")() + "]"

    def step(self, depth):
        axis = self.pick("child", "child", "child", "descendant", "descendant-or-self", "self", "attribute", "following", "following-sibling", "parent",
                         "ancestor", "ancestor-or-self", "preceding", "preceding-sibling")
        out = self.pick(axis + "::", "" if axis == "child" else "@" if axis == "attribute" else axis + "::") + self.test(axis)
        if self.r.random() < 0.1:
            out = self.pick(".", "..")
            return out
        if depth > 0:
            for _ in range(self.pick(0, 0, 0, 1, 1, 2)):
                out += self.predicate(depth - 1)
        return out

    def path(self, depth):
        out = self.pick("/", "//", "//", "", "")
        for i in range(self.r.randint(1, 3)):
            out += (self.pick("/", "//") if i else "") + self.step(depth)
        return out

    def nodes(self, depth):
        if depth == 0:
            return self.path(0)
        return self.pick(lambda: self.path(depth), lambda: self.path(depth), lambda: self.path(depth - 1) + " | " + self.path(depth - 1),
                         lambda: "(" + self.nodes(depth - 1) + ")" + self.predicate(depth - 1),
                         lambda: "(" + self.nodes(depth - 1) + ")" + self.pick("/", "//") + self.step(depth - 1))()

    def string(self, depth):
        if depth == 0:
            return self.pick("'%s'" % self.r.choice(self.words), "''", "string()", "name()")
        return self.pick(
            lambda: "string(" + self.any(depth - 1) + ")", lambda: "normalize-space(" + self.any(depth - 1) + ")",
            lambda: "concat(" + self.any(depth - 1) + ", '-', " + self.any(depth - 1) + ")", lambda: "name(" + self.nodes(depth - 1) + ")",
            lambda: "local-name(" + self.nodes(depth - 1) + ")", lambda: "namespace-uri(" + self.nodes(depth - 1) + ")",
            lambda: "substring(%s, %s)" % (self.string(depth - 1), self.number(depth - 1)),
            lambda: "substring(%s, %s, %s)" % (self.string(depth - 1), self.number(depth - 1), self.number(depth - 1)),
            lambda: "substring-%s(%s, %s)" % (self.pick("before", "after"), self.string(depth - 1), self.string(depth - 1)),
            lambda: "translate(%s, %s, %s)" % (self.string(depth - 1), self.string(0), self.string(0)))()

    def number(self, depth):
        if depth == 0:
            return self.pick("0", "1", "2", "-1", "1.5", "0.5", "100", "position()", "last()", ".5", "2.")
        return self.pick(
            lambda: "count(" + self.nodes(depth - 1) + ")", lambda: "sum(" + self.nodes(depth - 1) + ")",
            lambda: "string-length(" + self.any(depth - 1) + ")", lambda: "number(" + self.any(depth - 1) + ")",
            lambda: self.pick("floor", "ceiling", "round") + "(" + self.number(depth - 1) + ")",
            lambda: "(%s %s %s)" % (self.number(depth - 1), self.pick("+", "-", "*", "div", "mod"), self.number(depth - 1)),
            lambda: "-" + self.number(0))()

    def boolean(self, depth):
        if depth == 0:
            return self.pick("true()", "false()", "position() = 1", "not(*)", "@*", "self::*")
        return self.pick(
            lambda: "%s %s %s" % (self.any(depth - 1), self.pick("=", "!=", "<", "<=", ">", ">="), self.any(depth - 1)),
            lambda: "(%s %s %s)" % (self.boolean(depth - 1), self.pick("and", "or"), self.boolean(depth - 1)),
            lambda: "not(" + self.any(depth - 1) + ")", lambda: "boolean(" + self.any(depth - 1) + ")",
            lambda: "contains(%s, %s)" % (self.any(depth - 1), self.string(depth - 1)),
            lambda: "starts-with(%s, %s)" % (self.any(depth - 1), self.string(depth - 1)), lambda: "lang('en')")()

    def any(self, depth):
        return self.pick(self.nodes, self.nodes, self.string, self.number, self.boolean)(depth)


def main():
    documents, expressions = read(os.path.join(HERE, "golden.txt"))
    r = random.Random(SEED)
    cases = []
    for i, document in enumerate(documents):
        tree = etree.fromstring(document.encode()).getroottree()
        made = [Maker(r, document).any(3) for _ in range(RANDOM // len(documents))]
        for expression in dict.fromkeys(expressions + made):
            try:
                cases.append([i, expression, value(tree, expression)])
            except etree.XPathEvalError as error:
                # lxml gives an expression no position of its own.
                if str(error) not in ("Invalid context position", "Invalid context size"):
                    raise
    with open(TARGET, "w", encoding="utf-8") as out:
        out.write('{"libxml2": "%s", "documents": %s, "cases": [\n' % (".".join(map(str, etree.LIBXML_VERSION)), json.dumps(documents, ensure_ascii=False)))
        out.write(",\n".join(json.dumps(case, ensure_ascii=False) for case in cases))
        out.write("\n]}\n")


main()
